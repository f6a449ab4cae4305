// Compressed answers through a server's connection, chunk by chunk.

#include <catch2/catch.hpp>

#include "codec/http1/parser.hpp"
#include "http/server.hpp"
#include "patterns/request_response/server.hpp"
#include "support/sim_runtime.hpp"

using namespace tidewire;
using codec::ContentCoding;

namespace {

struct CodedWorld {
    CodedWorld() {
        service->set_representation(http::Representation::make(Compression{}).value());
        REQUIRE(service->add_async_route("GET", "/stream", [this](Request request, const Reply&) {
            kept = base::Ref<http::Exchange>(request.exchange());
            Response head = Response::text("");
            head.headers.add_unchecked("ETag", "\"v1\"");
            writer = kept->stream(std::move(head));
        }));
        auto [ours, theirs] = testing::SimStream::pair(loop);
        server.adopt(std::move(theirs));
        peer = std::make_unique<testing::SimPeer>(std::move(ours));
    }

    void ask(std::string_view method, std::string_view fields) {
        peer->send(std::string(method) + " /stream HTTP/1.1\r\nHost: localhost\r\n" +
                   std::string(fields) + "\r\n");
        loop.run();
        parser.expect(method == "HEAD");
    }

    // The bytes of the body that have come by now, and whether it has ended.
    std::string read() {
        const std::string bytes = peer->take();  // lent to the parser
        parser.feed(bytes);
        std::string body;
        while (auto event = parser.next().value()) {
            if (const auto* chunk = std::get_if<codec::http1::ChunkEvent>(&*event)) {
                body += chunk->bytes;
            }
            ended = ended || std::holds_alternative<codec::http1::EndEvent>(*event);
        }
        return body;
    }

    [[nodiscard]] std::string field(std::string_view name) {
        return std::string(parser.head().headers.get(name).value_or("none"));
    }

    testing::SimLoop loop;
    std::shared_ptr<patterns::request_response::Service> service =
        std::make_shared<patterns::request_response::Service>(Limits{}, false);
    http::Server server{loop, Limits{}, *service};
    std::unique_ptr<testing::SimPeer> peer;
    base::Ref<http::Exchange> kept;
    http::BodyWriter writer;
    codec::http1::ResponseParser parser{{}};
    bool ended = false;
};

}  // namespace

TEST_CASE("each piece of a compressed stream can be read when it has come", "[forms]") {
    CodedWorld world;
    codec::Inflater inflater(ContentCoding::gzip, {});
    world.ask("GET", "Accept-Encoding: gzip\r\n");
    for (const std::string_view piece : {"one", "two", "three"}) {
        REQUIRE(world.writer.write(piece) == http::Flow::flowing);
        world.loop.run();
        std::string out;
        REQUIRE(inflater.write(out, world.read()));
        CHECK(out == piece);
    }
    CHECK(world.field("content-encoding") == "gzip");
    CHECK(world.field("etag") == "W/\"v1\"");
    CHECK_FALSE(world.ended);
    world.writer.end();
    world.loop.run();
    std::string rest;
    REQUIRE(inflater.write(rest, world.read()));
    CHECK(rest.empty());
    CHECK(inflater.finish());
    CHECK(world.ended);
    // The connection and its exchange serve a plain one next.
    world.ended = false;
    world.ask("GET", "");
    world.writer.write("plain");
    world.writer.end();
    world.loop.run();
    CHECK(world.read() == "plain");
    CHECK(world.field("content-encoding") == "none");
    CHECK(world.field("vary") == "Accept-Encoding");
}

TEST_CASE("a stream that its caller has already, or that has no body, is not written", "[forms]") {
    CodedWorld world;
    world.ask("GET", "Accept-Encoding: gzip\r\nIf-None-Match: \"v1\"\r\n");
    CHECK(world.writer.write("nobody reads it") == http::Flow::closed);
    world.writer.end();
    world.loop.run();
    CHECK(world.read().empty());
    CHECK(world.ended);
    CHECK(world.parser.head().status == 304);
    world.ask("HEAD", "Accept-Encoding: gzip\r\n");
    world.writer.write("nor this");
    world.writer.end();
    world.loop.run();
    CHECK(world.read().empty());
    CHECK(world.parser.head().status == 200);
    CHECK(world.field("content-encoding") == "gzip");
}

TEST_CASE("a compressed stream that breaks off has no end", "[forms]") {
    CodedWorld world;
    world.ask("GET", "Accept-Encoding: gzip\r\n");
    world.writer.write("half");
    world.loop.run();
    world.writer.abort(Error(ErrorCode::internal));
    world.loop.run();
    CHECK_FALSE(world.read().empty());
    CHECK_FALSE(world.ended);
    CHECK(world.peer->ended);
}
