#include "http/pool.hpp"

#include <catch2/catch.hpp>

#include "support/pool_world.hpp"

using namespace tidewire;
using namespace std::chrono_literals;
using testing::SimLoop;
using testing::SimPeer;

namespace {

struct World : testing::PoolWorld {
    using PoolWorld::PoolWorld;
    Sent submit(std::string method, std::chrono::milliseconds timeout = 0ms) {
        Sent sent = make(std::move(method));
        sent.operation->timeout = timeout;
        PoolWorld::submit(sent);
        return sent;
    }
};

constexpr std::string_view kHello = "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello";

}  // namespace

TEST_CASE("an operation is sent on a new connection and settles with the response") {
    World world;
    auto sent = world.submit("GET");
    REQUIRE(world.peers.at(0)->take() == "GET /x HTTP/1.1\r\nHost: h\r\n\r\n");
    world.answer(0, kHello);
    REQUIRE((*sent.result)->value().body == "hello");
}

TEST_CASE("a kept connection is used again, the last freed first") {
    World world;
    auto a = world.submit("GET");
    auto b = world.submit("GET");
    REQUIRE(world.peers.size() == 2);
    world.answer(0, kHello);
    world.answer(1, kHello);
    (void)world.peers[1]->take();
    auto c = world.submit("GET");
    REQUIRE(world.loop.dials == 2);
    REQUIRE_FALSE(world.peers[1]->take().empty());
}

TEST_CASE("over connections_max operations wait for a free connection, in order") {
    World world({.connections_max = 1});
    auto a = world.submit("GET");
    auto b = world.submit("GET");
    auto c = world.submit("GET");
    REQUIRE(world.peers.size() == 1);
    world.answer(0, kHello);
    REQUIRE(a.settled());
    REQUIRE_FALSE(b.settled());
    world.answer(0, kHello);
    REQUIRE(b.settled());
    REQUIRE_FALSE(c.settled());
}

TEST_CASE("a deadline settles timeout, closes the connection and tells the server how long it is") {
    World world;
    auto sent = world.submit("GET", 100ms);
    REQUIRE(world.peers[0]->take().find("Tidewire-Timeout-Ms: 100\r\n") != std::string::npos);
    world.loop.advance(100ms);
    REQUIRE(sent.code() == ErrorCode::timeout);
    REQUIRE(world.peers[0]->ended);
}

TEST_CASE("a deadline also holds for an operation that waits for a connection") {
    World world({.connections_max = 1});
    auto first = world.submit("GET");
    auto waiting = world.submit("GET", 100ms);
    world.loop.advance(100ms);
    REQUIRE(waiting.code() == ErrorCode::timeout);
    world.answer(0, kHello);
    REQUIRE(first.settled());
}

TEST_CASE("cancelling settles cancelled once and closes the connection") {
    World world;
    auto sent = world.submit("POST");
    sent.operation->cancel();
    sent.operation->cancel();
    world.loop.run();
    REQUIRE(sent.code() == ErrorCode::cancelled);
    REQUIRE(world.peers[0]->ended);
}

TEST_CASE("a server that ends in the middle of an answer gives connection_lost") {
    World world;
    auto sent = world.submit("GET");
    SECTION("after half a body") {
        world.answer(0, "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhe");
    }
    SECTION("after half a head") { world.answer(0, "HTTP/1.1 200 OK\r\nContent-Le"); }
    SECTION("before a byte") {}
    world.peers[0]->stream->break_off();
    world.loop.run();
    REQUIRE(sent.code() == ErrorCode::connection_lost);
}

TEST_CASE("a kept connection that turns out closed: GET is sent again once, POST is not") {
    World world;
    auto first = world.submit("GET");
    world.answer(0, kHello);
    const std::string method = GENERATE("GET", "POST");
    auto second = world.submit(method);
    REQUIRE(world.peers.size() == 1);
    world.peers[0]->stream->break_off();
    world.loop.run();
    if (method == "POST") {
        REQUIRE(second.code() == ErrorCode::connection_lost);
        return;
    }
    REQUIRE(world.peers.size() == 2);
    REQUIRE_FALSE(second.settled());
    world.peers[1]->stream->break_off();
    world.loop.run();
    REQUIRE(second.code() == ErrorCode::connection_lost);
    REQUIRE(world.peers.size() == 2);
}

TEST_CASE("nobody listening gives unavailable, one operation per attempt") {
    World world;
    world.acceptor.reset();
    auto a = world.submit("GET");
    auto b = world.submit("POST");
    REQUIRE(a.code() == ErrorCode::unavailable);
    REQUIRE(b.code() == ErrorCode::unavailable);
}

TEST_CASE("idle connections are closed after their time, the server's own word included") {
    World world({.idle_timeout = 60s});
    auto a = world.submit("GET");
    auto b = world.submit("GET");
    world.answer(0, kHello);
    world.answer(1, "HTTP/1.1 200 OK\r\nKeep-Alive: timeout=5\r\nContent-Length: 0\r\n\r\n");
    world.loop.advance(6s);
    REQUIRE(world.peers[1]->ended);
    REQUIRE_FALSE(world.peers[0]->ended);
    world.loop.advance(60s);
    REQUIRE(world.peers[0]->ended);
}

TEST_CASE("Connection: close is not used again, and a body without length ends with it") {
    World world;
    auto sent = world.submit("GET");
    world.answer(0, "HTTP/1.1 200 OK\r\nConnection: close\r\n\r\nall of it");
    REQUIRE_FALSE(sent.settled());
    world.peers[0]->stream->end();
    world.loop.run();
    REQUIRE((*sent.result)->value().body == "all of it");
    auto next = world.submit("GET");
    REQUIRE(world.peers.size() == 2);
}

TEST_CASE("an answer that breaks the protocol, or comes unasked, ends the connection") {
    World world;
    auto sent = world.submit("GET");
    world.answer(0, "HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n");
    REQUIRE(sent.code() == ErrorCode::protocol_error);
    auto next = world.submit("GET");
    world.answer(1, std::string(kHello) + "more");
    REQUIRE((*next.result)->value().body == "hello");
    auto third = world.submit("GET");
    REQUIRE(world.peers.size() == 3);
}

TEST_CASE("interim answers are passed over, a response over the limit is refused") {
    http::PoolOptions options;
    options.limits.body_bytes_max = 4;
    World world(std::move(options));
    auto sent = world.submit("GET");
    world.answer(0, "HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n");
    REQUIRE_FALSE(sent.settled());
    world.answer(0, kHello);
    REQUIRE(sent.code() == ErrorCode::payload_too_large);
}

TEST_CASE("closing settles what is under way closed, and what follows is misuse") {
    World world({.connections_max = 1});
    auto sent = world.submit("GET");
    auto waiting = world.submit("GET");
    world.pool->close();
    world.loop.run();
    REQUIRE(sent.code() == ErrorCode::closed);
    REQUIRE(waiting.code() == ErrorCode::closed);
    REQUIRE(world.submit("GET").code() == ErrorCode::misuse);
}

TEST_CASE("an operation without a method only makes a connection, for the next one to use") {
    World world;
    auto open = world.submit("");
    REQUIRE((*open.result)->has_value());
    auto sent = world.submit("GET");
    REQUIRE(world.loop.dials == 1);
}
