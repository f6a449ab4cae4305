// Heads that come again on a connection, which the parser recognises instead of reading them.

#include "codec/http1/repeated_head.hpp"

#include <catch2/catch.hpp>

#include <array>
#include <string>
#include <string_view>

#include "codec/http1/event.hpp"
#include "support/http1_transcript.hpp"

namespace tidewire::codec::http1 {
namespace {

constexpr std::string_view kPlain = "GET /a HTTP/1.1\r\nHost: a\r\nAccept: */*\r\n\r\n";
constexpr std::string_view kSized = "POST /b HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\n\r\nxyz";
constexpr std::string_view kChunked =
    "PUT /c HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\nExpect: 100-continue\r\n\r\n"
    "2\r\nhi\r\n0\r\nTrailer: x\r\n\r\n";
constexpr std::string_view kOld = "GET /d HTTP/1.0\r\nConnection: keep-alive\r\n\r\n";

std::string times(std::string_view text, int count) {
    std::string all;
    for (int i = 0; i < count; ++i) all += text;
    return all;
}

}  // namespace

TEST_CASE("a request that repeats reads as the first did, whatever frames it", "[http1]") {
    for (const auto request : {kPlain, kSized, kChunked, kOld}) {
        CAPTURE(request);
        const std::string once = test::check_request(request).text();
        CHECK(test::check_request(times(request, 5)).text() == times(once, 5));
        // Among others, and after the empty line that old peers send.
        const std::string other = test::check_request(kPlain).text();
        const std::string mixed = times(request, 3) + "\r\n" + std::string(kPlain) +
                                  times(request, 3) + "\r\n" + times(request, 2);
        CHECK(test::check_request(mixed).text() ==
              times(once, 3) + other + times(once, 3) + times(once, 2));
    }
}

TEST_CASE("a head that only begins like the one before is read", "[http1]") {
    constexpr std::array<std::string_view, 5> others{
        "GET /a HTTP/1.1\r\nHost: a\r\nAccept: */*\r\nContent-Length: 1\r\n\r\nx",
        "GET /a HTTP/1.1\r\nHost: b\r\nAccept: */*\r\n\r\n",
        "GET /a HTTP/1.1\r\nHost: a\r\nAccept: */*\r\nConnection: close\r\n\r\n",
        "GET /a HTTP/1.1\r\nHost: a\r\nAccept: */*\r\nHost: a\r\n\r\n",
        "GET /a HTTP/1.1\r\nHost: a\r\nAccept: */*\r\n folded\r\n\r\n"};
    for (const auto other : others) {
        CAPTURE(other);
        CHECK(test::check_request(times(kPlain, 3) + std::string(other)).text() ==
              times(test::check_request(kPlain).text(), 3) + test::check_request(other).text());
    }
}

TEST_CASE("the trailers of a repeated head count beside its own fields", "[http1]") {
    ParserLimits limits;
    limits.header_fields_max = 4;
    constexpr std::string_view too_many =
        "PUT /c HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\nExpect: 100-continue\r\n\r\n"
        "0\r\nA: x\r\nB: x\r\n\r\n";
    const auto said = test::check_request(times(kChunked, 3) + std::string(too_many), limits);
    REQUIRE(said.error);
    CHECK(said.error->code() == ErrorCode::header_too_large);
    CHECK(said.events.size() == 3 * 3 + 1);
}

TEST_CASE("a response that repeats reads as the first did", "[http1]") {
    for (const std::string_view response :
         {"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok", "HTTP/1.1 204 No Content\r\n\r\n",
          "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nx\r\n0\r\n\r\n"}) {
        CAPTURE(response);
        CHECK(test::check_response(times(response, 5)).text() ==
              times(test::check_response(response).text(), 5));
    }
}

TEST_CASE("a head is recalled from its second time on, and a long one never", "[http1]") {
    RepeatedHead<RequestHead> repeated;
    RequestHead head;
    head.target = "/a";
    RequestHead into;
    CHECK(repeated.recall(kPlain, into) == 0);
    repeated.remember(kPlain, head);
    CHECK(repeated.recall(kPlain, into) == 0);
    repeated.remember(kPlain, head);
    CHECK(repeated.recall(std::string(kPlain) + "GET", into) == kPlain.size());
    CHECK(into.target == "/a");
    CHECK(repeated.recall(kPlain.substr(0, kPlain.size() - 1), into) == 0);
    repeated.remember(kOld, head);
    CHECK(repeated.recall(kPlain, into) == 0);

    const std::string large(2000, 'x');
    repeated.remember(large, head);
    repeated.remember(large, head);
    CHECK(repeated.recall(large, into) == 0);
}

}  // namespace tidewire::codec::http1
