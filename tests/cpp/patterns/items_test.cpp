#include "patterns/request_response/items.hpp"

#include <catch2/catch.hpp>

#include <memory>
#include <string>

#include "serializer/accept.hpp"
#include "support/decoder_check.hpp"

using namespace tidewire;
using namespace tidewire::patterns::request_response;

namespace {

std::string said_of(std::string_view bytes, const ItemLimits& limits = {}) {
    return test::check_decoder(
               bytes,
               [&] {
                   return std::make_unique<ItemDecoder>(limits, ErrorCode::invalid_data,
                                                        ErrorCode::connection_lost);
               },
               [](ItemDecoder&, const ItemDecoder::Event& event) -> test::Said {
                   if (const auto* item = std::get_if<ItemEvent>(&event)) {
                       return {"item " + item->json, false};
                   }
                   if (const auto* failed = std::get_if<ItemsFailedEvent>(&event)) {
                       return {"failed " + std::string(failed->error.name()) + ": " +
                                   std::string(failed->error.message()),
                               false};
                   }
                   return {"end", false};
               })
        .text();
}

}  // namespace

TEST_CASE("items are written and read as lines", "[streams]") {
    std::string bytes;
    write_item(bytes, ItemFraming::ndjson, "1");
    write_item(bytes, ItemFraming::ndjson, R"({"a":[null,"x"]})");
    write_end(bytes, ItemFraming::ndjson);
    CHECK(bytes == "{\"value\":1}\n{\"value\":{\"a\":[null,\"x\"]}}\n{\"end\":true}\n");
    CHECK(said_of(bytes) == "item 1\nitem {\"a\":[null,\"x\"]}\nend\n");
}

TEST_CASE("a failure of a stream comes back as the error it was", "[streams]") {
    std::string bytes;
    write_item(bytes, ItemFraming::ndjson, "1");
    write_failure(bytes, ItemFraming::ndjson, Error(ErrorCode::conflict, "gone by"));
    CHECK(said_of(bytes) == "item 1\nfailed conflict: gone by\n");
    CHECK(said_of("{\"error\":{\"status\":404}}\n").starts_with("failed not_found"));
    CHECK(said_of("{\"error\":7}\n").starts_with("failed internal"));
}

TEST_CASE("lines of other writers are read as they mean", "[streams]") {
    CHECK(said_of(" {\"value\" : 1 , \"more\":2}\r\n\r\n\n{\"end\":true}") == "item 1\nend\n");
    CHECK(said_of("{\"value\":1,\"end\":true}\n{\"end\":true}\n") == "item 1\nend\n");
    CHECK(said_of("{\"value\":null}\n{\"end\":true}\n \n") == "item null\nend\n");
}

TEST_CASE("what is no stream of items is told", "[streams]") {
    CHECK(said_of("").starts_with("error connection_lost"));
    CHECK(said_of("{\"value\":1}\n").starts_with("item 1\nerror connection_lost"));
    CHECK(said_of("{\"value\":1}").starts_with("item 1\nerror connection_lost"));
    CHECK(said_of("{\"value\":}\n").starts_with("error invalid_data"));
    CHECK(said_of("{\"value\":1}}\n").starts_with("error invalid_data"));
    CHECK(said_of("1\n").starts_with("error invalid_data"));
    CHECK(said_of("{}\n").starts_with("error invalid_data"));
    CHECK(said_of("{\"end\":false}\n").starts_with("error invalid_data"));
    CHECK(said_of("{\"end\":true}\n{\"value\":1}\n").starts_with("end\nerror protocol_error"));
    CHECK(said_of("{\"value\":\"\xff\"}\n").starts_with("error invalid_data"));
}

TEST_CASE("an item is limited in length and in depth", "[streams]") {
    ItemLimits limits;
    limits.line_bytes_max = 20;
    limits.json_depth_max = 3;
    CHECK(said_of("{\"value\":[[[1]]]}\n{\"end\":true}\n", limits) == "item [[[1]]]\nend\n");
    CHECK(said_of("{\"value\":[[[[1]]]]}\n", limits).starts_with("error invalid_data"));
    CHECK(said_of("{\"value\":[[[[1]]]] }\n", limits).starts_with("error invalid_data"));
    CHECK(said_of("{\"value\":123456789012}\n", limits).starts_with("error payload_too_large"));
    CHECK(said_of("{\"value\":123456789012", limits).starts_with("error payload_too_large"));
}

TEST_CASE("the form of a stream is the one that is wanted most", "[streams]") {
    CHECK(accepted_framing("") == ItemFraming::ndjson);
    CHECK(accepted_framing("*/*") == ItemFraming::ndjson);
    CHECK(accepted_framing("text/event-stream") == ItemFraming::sse);
    CHECK(accepted_framing("text/event-stream, */*;q=0.5") == ItemFraming::sse);
    CHECK(accepted_framing("application/x-ndjson, text/event-stream;q=0.9") == ItemFraming::ndjson);
    CHECK(accepted_framing("text/*;q=0.2, application/*;q=0.1") == ItemFraming::sse);
    CHECK_FALSE(accepted_framing("application/json"));
    CHECK_FALSE(accepted_framing("*/*;q=0"));
    CHECK(is_ndjson("Application/X-NDJSON ; charset=utf-8"));
    CHECK_FALSE(is_ndjson("application/json"));
    CHECK(serializer::quality_of("text/plain", "text/plain;q=oops") == 1);
    CHECK(serializer::quality_of("text/plain", "text/plain;q=0.3, */*") == 0.3);
}
