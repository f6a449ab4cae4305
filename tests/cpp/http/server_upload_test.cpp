// Requests of a server connection whose bodies stream.
#include "http/server.hpp"

#include <catch2/catch.hpp>

#include "support/streaming_server.hpp"

using namespace tidewire;
using namespace std::chrono_literals;
using namespace tidewire::testing;
using http::Piece;

namespace {

using World = StreamingWorld;
using Bell = CountingBell;

constexpr std::string_view kUpload =
    "POST /up HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nhello";

}  // namespace

TEST_CASE("a streamed request is read as it comes, however it is cut") {
    World world;
    auto peer = world.connect();
    peer.stream->bytes_per_turn = GENERATE(1, 7, 10'000);
    const bool chunked = GENERATE(true, false);
    auto exchange = world.ask(
        peer, chunked ? "POST /up HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n"
                        "3\r\nhel\r\n2\r\nlo\r\n0\r\n\r\n"
                      : std::string(kUpload));
    REQUIRE(exchange->body.empty());
    Piece::Kind last{};
    REQUIRE(drain(exchange->source(), last) == "hello");
    REQUIRE(last == Piece::Kind::end);
    exchange->respond(Response::text("now"));
    peer.send(get("/now"));
    world.loop.run();
    REQUIRE(peer.take() == std::string(kNow) + std::string(kNow));
}

TEST_CASE("a reader waits for what is to come, and is rung in a later turn") {
    World world;
    auto peer = world.connect();
    auto exchange = world.ask(peer, kUpload.substr(0, kUpload.size() - 5));
    auto& source = exchange->source();
    Bell bell;
    REQUIRE(source.read()->kind == Piece::Kind::pending);
    source.when_readable(bell);
    world.loop.run();
    REQUIRE(bell.rung == 0);
    peer.send("he");
    world.loop.run();
    REQUIRE(bell.rung == 1);
    Piece::Kind last{};
    REQUIRE(drain(source, last) == "he");
    REQUIRE(last == Piece::Kind::pending);
    source.when_readable(bell);
    peer.send("llo");
    world.loop.run();
    REQUIRE(bell.rung == 2);
    REQUIRE(drain(source, last) == "llo");
    REQUIRE(last == Piece::Kind::end);
    exchange->respond(Response::empty());
}

TEST_CASE("the source of a request that came whole gives its body at once") {
    World world;
    auto peer = world.connect();
    auto exchange = world.ask(peer, "POST /x HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\n\r\nhi");
    Piece::Kind last{};
    REQUIRE(drain(exchange->source(), last) == "hi");
    REQUIRE(last == Piece::Kind::end);
    auto other = world.connect();
    auto empty = world.ask(other, get("/x"));
    REQUIRE(empty->source().read()->kind == Piece::Kind::end);
}

TEST_CASE("a source that is not read holds a bounded part of the body, with pipelining too") {
    World world({.body_bytes_max = 10'000, .pipeline_max = 1});
    auto peer = world.connect();
    peer.stream->bytes_per_turn = 1000;
    constexpr std::size_t kSize = 500'000;  // a streamed body may be over body_bytes_max
    auto exchange = world.ask(peer, "POST /up HTTP/1.1\r\nHost: a\r\nContent-Length: " +
                                        std::to_string(kSize) + "\r\n\r\n" +
                                        std::string(kSize, 'x') + get("/now"));
    REQUIRE(peer.stream->unsent() > kSize - http::kSourceBytesMax - 2000);
    world.loop.advance(60s);  // who does not read has no time limit of the caller's
    REQUIRE_FALSE(exchange->cancelled());
    std::size_t total = 0;
    Piece::Kind last{};
    while (last != Piece::Kind::end) {
        const auto part = drain(exchange->source(), last);
        REQUIRE(part.size() <= http::kSourceBytesMax + 1000);
        total += part.size();
        world.loop.run();
    }
    REQUIRE(total == kSize);
    exchange->respond(Response::text("now"));
    world.loop.run();
    REQUIRE(peer.take() == std::string(kNow) + std::string(kNow));
}

TEST_CASE("an answer before the body is whole is the last, and the rest is not taken") {
    World world;
    auto peer = world.connect();
    auto exchange = world.ask(peer, kUpload.substr(0, kUpload.size() - 2));
    auto& source = exchange->source();
    const bool streamed = GENERATE(true, false);
    if (streamed) {
        auto writer = exchange->stream(ab());
        writer.end();
    } else {
        exchange->respond(Response::problem(Error(ErrorCode::forbidden)));
    }
    REQUIRE(source.read().error().code() == ErrorCode::closed);
    peer.send("lo" + get("/now"));
    world.loop.run();
    REQUIRE(status_line(peer.take()) == (streamed ? "HTTP/1.1 200" : "HTTP/1.1 403"));
    REQUIRE(peer.ended);
    REQUIRE(world.server.counters().connections.get() == 1);  // lingers
    peer.stream->end();
    world.loop.run();
    REQUIRE(world.server.counters().connections.get() == 0);
}

TEST_CASE("a streamed request may be answered while it comes, piece for piece") {
    World world;
    auto peer = world.connect();
    auto exchange = world.ask(
        peer, "POST /up HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n1\r\na\r\n");
    auto writer = exchange->stream(ab());
    writer.write(exchange->source().read()->bytes);
    world.loop.run();
    REQUIRE(peer.take() == std::string(kChunkedOk) + "1\r\na\r\n");
    peer.send("1\r\nb\r\n0\r\n\r\n");
    world.loop.run();
    writer.write(exchange->source().read()->bytes);
    REQUIRE(exchange->source().read()->kind == Piece::Kind::end);
    writer.end();
    peer.send(get("/now"));
    world.loop.run();
    REQUIRE(peer.take() == "1\r\nb\r\n0\r\n\r\n" + std::string(kNow));
}

TEST_CASE("a streamed request that does not come to its end says why") {
    World world;
    auto peer = world.connect();
    auto exchange =
        world.ask(peer, "POST /up HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n");
    auto& source = exchange->source();
    Bell bell;
    source.when_readable(bell);
    auto expected = ErrorCode::connection_lost;
    SECTION("a hang-up") { peer.stream->end(); }
    SECTION("a break") { peer.stream->break_off(); }
    SECTION("a broken chunk") {
        peer.send("nonsense\r\n");
        expected = ErrorCode::protocol_error;
    }
    SECTION("a pause that is too long") {
        world.loop.advance(31s);
        expected = ErrorCode::request_timeout;
    }
    SECTION("the deadline") {
        exchange->start_deadline(1s);
        world.loop.advance(1s);
        expected = ErrorCode::timeout;
    }
    world.loop.run();
    REQUIRE(bell.rung == 1);
    const auto error = source.read().error();
    REQUIRE(error.code() == expected);
    if (expected == ErrorCode::connection_lost) {
        REQUIRE(exchange->cancelled());
        return;
    }
    // The handler has the last word, where the deadline had not.
    REQUIRE(exchange->respond(Response::problem(error)) == (expected != ErrorCode::timeout));
    world.loop.run();
    REQUIRE(peer.take().find("Connection: close\r\n") != std::string::npos);
    REQUIRE(peer.ended);
}

TEST_CASE("the caller that asks first is told to go on when its body is wanted, and only then") {
    World world({.body_bytes_max = 10});
    auto peer = world.connect();
    const std::string head = "POST /up HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n"
                             "Expect: 100-continue\r\n\r\n";
    const std::string go_on = "HTTP/1.1 100 Continue\r\n\r\n";
    SECTION("wanted") {
        auto exchange = world.ask(peer, head);
        REQUIRE(peer.take().empty());
        REQUIRE(exchange->source().read()->kind == Piece::Kind::pending);
        (void)exchange->source().read();
        world.loop.run();
        REQUIRE(peer.take() == go_on);
        peer.send("hello");
        world.loop.run();
        REQUIRE(exchange->source().read()->bytes == "hello");
        exchange->respond(Response::text("now"));
        world.loop.run();
        REQUIRE(peer.take() == kNow);
    }
    SECTION("wanted while an earlier answer is owed") {
        auto earlier = world.ask(peer, get("/x"));
        auto exchange = world.ask(peer, head);
        REQUIRE(exchange->source().read()->kind == Piece::Kind::pending);
        world.loop.run();
        REQUIRE(peer.take().empty());
        earlier->respond(Response::text("now"));
        world.loop.run();
        REQUIRE(peer.take() == std::string(kNow) + go_on);
        peer.send("hello");
        world.loop.run();
        REQUIRE(exchange->source().read()->bytes == "hello");
    }
    SECTION("not asked for yet, for longer than a pause may be") {
        auto exchange = world.ask(peer, head);
        world.loop.advance(60s);
        REQUIRE(exchange->source().read()->kind == Piece::Kind::pending);
    }
    SECTION("answered at once") {
        world.ask(peer, head)->respond(Response::problem(Error(ErrorCode::forbidden)));
        world.loop.run();
        REQUIRE(status_line(peer.take()) == "HTTP/1.1 403");
        REQUIRE(peer.ended);
    }
    SECTION("too large to be collected") {
        peer.send("POST /x HTTP/1.1\r\nHost: a\r\nContent-Length: 11\r\n"
                  "Expect: 100-continue\r\n\r\n");
        world.loop.run();
        REQUIRE(status_line(peer.take()) == "HTTP/1.1 413");
        REQUIRE(world.handler.kept.empty());
    }
}

TEST_CASE("a chunked body over the limit is refused when it is to be collected") {
    World world({.body_bytes_max = 10});
    auto peer = world.connect();
    const std::string head = "POST /x HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n";
    auto fits = world.ask(peer, head + "a\r\n0123456789\r\n0\r\n\r\n");
    fits->respond(Response::text("now"));
    // The limit holds for one request, not for a streamed one after it.
    auto large = world.ask(peer, "POST /up HTTP/1.1\r\nHost: a\r\nContent-Length: 11\r\n\r\n" +
                                     std::string(11, 'x'));
    large->respond(Response::text("now"));
    world.loop.run();
    REQUIRE(peer.take() == std::string(kNow) + std::string(kNow));
    peer.send(head + "b\r\n");
    world.loop.run();
    REQUIRE(status_line(peer.take()) == "HTTP/1.1 413");
}

TEST_CASE("requests without a body are not asked about") {
    World world;
    auto peer = world.connect();
    peer.send(get("/now") + "POST /now HTTP/1.1\r\nHost: a\r\nContent-Length: 0\r\n\r\n");
    world.loop.run();
    REQUIRE(world.handler.heads == 0);
}
