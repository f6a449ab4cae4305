// Streamed bodies of a client, both ways.
#include <catch2/catch.hpp>

#include "support/bodies.hpp"
#include "support/pool_world.hpp"

using namespace tidewire;
using namespace std::chrono_literals;
using http::Flow;
using http::Piece;
using testing::drain;
using testing::SimPeer;

namespace {

using Bell = testing::CountingBell;

struct World : testing::PoolWorld {
    using PoolWorld::PoolWorld;
    static Sent make(std::string method, bool stream_response) {
        Sent sent = PoolWorld::make(std::move(method));
        sent.operation->stream_response = stream_response;
        return sent;
    }
    Sent start(std::string method, bool stream_response = true,
               std::chrono::milliseconds timeout = 0ms) {
        Sent sent = make(std::move(method), stream_response);
        sent.operation->timeout = timeout;
        submit(sent);
        return sent;
    }
    // On the newest connection.
    void answer(std::string_view bytes) { PoolWorld::answer(peers.size() - 1, bytes); }
};

constexpr std::string_view kChunkedHead =
    "HTTP/1.1 200 OK\r\nX-A: b\r\nTransfer-Encoding: chunked\r\n\r\n";
constexpr std::string_view kHello = "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello";

}  // namespace

TEST_CASE("a streamed response is done at its head, and its body is read as it comes") {
    World world;
    auto sent = world.start("GET");
    const bool byte_by_byte = GENERATE(true, false);
    if (byte_by_byte) world.peers[0]->stream->bytes_per_turn = 1;
    world.answer(kChunkedHead);
    REQUIRE(sent.settled());
    REQUIRE((*sent.result)->value().headers.get("x-a") == "b");
    Bell bell;
    REQUIRE(sent.source().read()->kind == Piece::Kind::pending);
    sent.source().when_readable(bell);
    world.answer("2\r\nhe\r\n");
    REQUIRE(bell.rung == 1);
    world.answer("3\r\nllo\r\n0\r\n\r\n");
    Piece::Kind last{};
    REQUIRE(drain(sent.source(), last) == "hello");
    REQUIRE(last == Piece::Kind::end);
    // The connection is free again.
    auto next = world.start("GET", false);
    world.answer(kHello);
    REQUIRE((*next.result)->value().body == "hello");
    REQUIRE(world.loop.dials == 1);
}

TEST_CASE("what a reader does not take is not read, and may be longer than a body held whole") {
    World world({.limits = {.body_bytes_max = 1000}});
    auto sent = world.start("GET");
    constexpr std::size_t kSize = 500'000;
    auto& server = *world.peers[0]->stream;
    server.bytes_per_turn = 1000;
    world.answer("HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n" + std::string(kSize, 'x'));
    server.end();
    world.loop.run();
    REQUIRE(server.unsent() > kSize - http::kSourceBytesMax - 2000);
    std::size_t total = 0;
    Piece::Kind last{};
    while (last != Piece::Kind::end) {
        const auto part = drain(sent.source(), last);
        REQUIRE(part.size() <= http::kSourceBytesMax + 1000);
        total += part.size();
        world.loop.run();
    }
    REQUIRE(total == kSize);
}

TEST_CASE("a streamed response that does not come to its end says why") {
    World world;
    auto sent = world.start("GET", true, 1s);
    world.answer(std::string(kChunkedHead) + "2\r\nhe\r\n");
    REQUIRE(sent.source().read()->bytes == "he");
    Bell bell;
    sent.source().when_readable(bell);
    auto expected = ErrorCode::connection_lost;
    SECTION("a close") { world.peers[0]->stream->end(); }
    SECTION("a break") { world.peers[0]->stream->break_off(); }
    SECTION("a broken chunk") {
        world.peers[0]->send("nonsense\r\n");
        expected = ErrorCode::protocol_error;
    }
    SECTION("the deadline, which holds to the end of the body") {
        world.loop.advance(1s);
        expected = ErrorCode::timeout;
    }
    SECTION("giving up") {
        sent.operation->cancel();
        expected = ErrorCode::cancelled;
    }
    SECTION("the client's end") {
        world.pool->close();
        expected = ErrorCode::closed;
    }
    world.loop.run();
    REQUIRE(bell.rung == 1);
    REQUIRE(sent.source().read().error().code() == expected);
    REQUIRE(sent.source().read().error().code() == expected);
    if (expected == ErrorCode::timeout || expected == ErrorCode::cancelled) {
        REQUIRE(world.peers[0]->ended);
    }
}

TEST_CASE("an error before the head of a streamed response settles the operation") {
    World world;
    auto sent = world.start("POST");
    world.peers[0]->stream->break_off();
    world.loop.run();
    REQUIRE(sent.code() == ErrorCode::connection_lost);
}

TEST_CASE("a streamed request is chunked, from before there is a connection to its end") {
    World world;
    auto sent = world.make("POST", false);
    auto writer = sent.operation->stream_request(world.loop);
    REQUIRE(writer.write("early") == Flow::flowing);
    world.pool->submit(sent.operation);
    world.loop.run();
    REQUIRE(world.peers[0]->take() ==
            "POST /x HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nearly\r\n");
    writer.write("late");
    world.loop.run();
    REQUIRE(world.peers[0]->take() == "4\r\nlate\r\n");
    writer.end();
    world.loop.run();
    REQUIRE(world.peers[0]->take() == "0\r\n\r\n");
    world.answer(kHello);
    REQUIRE((*sent.result)->value().body == "hello");
    auto next = world.start("GET", false);
    REQUIRE(world.loop.dials == 1);
}

TEST_CASE("a server that does not read fills the sink of a request, and it flows again") {
    World world;
    auto sent = world.make("POST", false);
    auto writer = sent.operation->stream_request(world.loop);
    world.pool->submit(sent.operation);
    world.loop.run();
    world.peers[0]->stream->pause();
    std::size_t written = 0;
    while (writer.write(std::string(1000, 'x')) == Flow::flowing) {
        written += 1000;
        REQUIRE(written < 70'000);
        world.loop.run();
    }
    REQUIRE(written > 60'000);
    Bell bell;
    writer.when_drained(bell);
    world.loop.run();
    REQUIRE(bell.rung == 0);
    world.peers[0]->stream->resume();
    world.loop.run();
    REQUIRE(bell.rung == 1);
    REQUIRE(writer.write("x") == Flow::flowing);
    writer.end();
}

TEST_CASE("a sink without a connection is full at the same bound") {
    World world;
    auto sent = world.make("POST", false);
    auto writer = sent.operation->stream_request(world.loop);
    while (writer.write(std::string(1000, 'x')) == Flow::flowing) {}
    Bell bell;
    writer.when_drained(bell);
    world.loop.run();
    REQUIRE(bell.rung == 0);
    world.pool->submit(sent.operation);
    world.loop.run();
    REQUIRE(bell.rung == 1);
    writer.end();
}

TEST_CASE("a streamed request that breaks off closes the connection without its end") {
    World world;
    auto sent = world.make("PUT", false);
    auto writer = sent.operation->stream_request(world.loop);
    world.pool->submit(sent.operation);
    writer.write("half");
    world.loop.run();
    writer = {};
    world.loop.run();
    REQUIRE(sent.code() == ErrorCode::internal);
    REQUIRE(world.peers[0]->take().ends_with("4\r\nhalf\r\n"));
    REQUIRE(world.peers[0]->ended);
}

TEST_CASE("an answer before the request is whole is taken, and the connection not used again") {
    World world;
    auto sent = world.make("POST", false);
    auto writer = sent.operation->stream_request(world.loop);
    world.pool->submit(sent.operation);
    world.loop.run();
    world.answer("HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\n\r\n");
    REQUIRE((*sent.result)->value().status == 403);
    REQUIRE(writer.write("more") == Flow::closed);
    writer.end();
    auto next = world.start("GET", false);
    REQUIRE(world.loop.dials == 2);
}

TEST_CASE("a streamed request is never sent twice") {
    World world;
    auto first = world.start("GET", false);
    world.answer(kHello);
    auto sent = world.make("PUT", false);
    auto writer = sent.operation->stream_request(world.loop);
    world.pool->submit(sent.operation);
    world.loop.run();
    world.peers[0]->stream->break_off();
    world.loop.run();
    REQUIRE(sent.code() == ErrorCode::connection_lost);
    REQUIRE(writer.write("x") == Flow::closed);
    writer.end();
}
