#include "http/server.hpp"

#include <catch2/catch.hpp>

#include <deque>

#include "support/sim_runtime.hpp"

using namespace tidewire;
using namespace std::chrono_literals;
using testing::SimLoop;
using testing::SimPeer;
using testing::SimStream;

namespace {

// Answers at once with the path, or keeps the exchange for the test when the path begins with
// /late.
class TestHandler final : public http::ExchangeHandler {
public:
    void on_exchange(http::Exchange& exchange) override {
        paths.emplace_back(exchange.target().path);
        if (exchange.target().path.starts_with("/late")) {
            kept.emplace_back(&exchange);
        } else if (exchange.target().path == "/echo") {
            exchange.respond(Response::text(exchange.body));
        } else {
            exchange.respond(Response::text(std::string(exchange.target().path)));
        }
    }
    std::vector<std::string> paths;
    std::deque<base::Ref<http::Exchange>> kept;
};

struct World {
    explicit World(Limits limits = {}) : server(loop, limits, handler) {}
    SimPeer connect() {
        auto [ours, theirs] = SimStream::pair(loop);
        server.adopt(std::move(theirs));
        return SimPeer(std::move(ours));
    }
    SimLoop loop;
    TestHandler handler;
    http::Server server;
};

std::string get(std::string_view path) {
    return "GET " + std::string(path) + " HTTP/1.1\r\nHost: a\r\n\r\n";
}

std::string ok(std::string_view body) {
    return "HTTP/1.1 200 OK\r\nDate: Sun, 06 Nov 1994 08:49:37 GMT\r\n"
           "Content-Type: text/plain; charset=utf-8\r\nContent-Length: " +
           std::to_string(body.size()) + "\r\n\r\n" + std::string(body);
}

std::string status_of(std::string_view answer) { return std::string(answer.substr(0, 12)); }

}  // namespace

TEST_CASE("a request is answered and the connection kept") {
    World world;
    auto peer = world.connect();
    peer.send(get("/a"));
    world.loop.run();
    REQUIRE(peer.take() == ok("/a"));
    peer.send(get("/b"));
    world.loop.run();
    REQUIRE(peer.take() == ok("/b"));
    REQUIRE_FALSE(peer.ended);
    REQUIRE(world.server.counters().requests.get() == 2);
    REQUIRE(world.server.counters().requests_in_flight.get() == 0);
}

TEST_CASE("pipelined requests are answered in their order however the handlers finish") {
    World world;
    auto peer = world.connect();
    peer.send(get("/late1") + get("/now") + get("/late2"));
    world.loop.run();
    REQUIRE(world.handler.kept.size() == 2);
    REQUIRE(peer.take().empty());
    world.handler.kept[1]->respond(Response::text("two"));
    world.loop.run();
    REQUIRE(peer.take().empty());
    world.handler.kept[0]->respond(Response::text("one"));
    world.loop.run();
    REQUIRE(peer.take() == ok("one") + ok("/now") + ok("two"));
}

TEST_CASE("handlers of one connection run at most pipeline_max at a time") {
    World world({.pipeline_max = 2});
    auto peer = world.connect();
    std::string batch;
    for (int i = 0; i < 5; ++i) batch += get("/late" + std::to_string(i));
    peer.send(batch);
    world.loop.run();
    REQUIRE(world.handler.kept.size() == 2);
    std::string expected;
    for (std::size_t i = 0; i < 5; ++i) {
        REQUIRE(world.handler.kept.size() <= i + 2);
        world.handler.kept[i]->respond(Response::text(std::to_string(i)));
        expected += ok(std::to_string(i));
        world.loop.run();
    }
    REQUIRE(peer.take() == expected);
}

TEST_CASE("a thousand requests in one segment are answered in order") {
    World world;
    auto peer = world.connect();
    std::string batch;
    std::string expected;
    for (int i = 0; i < 1000; ++i) {
        batch += get("/" + std::to_string(i));
        expected += ok("/" + std::to_string(i));
    }
    peer.send(batch);
    world.loop.run();
    REQUIRE(peer.take() == expected);
}

TEST_CASE("bytes that come one by one give the same answer") {
    World world;
    auto peer = world.connect();
    peer.stream->bytes_per_turn = 1;
    peer.send("POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nhello");
    world.loop.run();
    REQUIRE(peer.take() == ok("hello"));
}

TEST_CASE("a broken request is answered once, after those before it, and ends the connection") {
    World world;
    auto peer = world.connect();
    peer.send(get("/late") + "GET /x HTTP/1.1\r\nHost : a\r\n\r\n" + get("/never"));
    world.loop.run();
    REQUIRE(peer.take().empty());
    world.handler.kept[0]->respond(Response::text("first"));
    world.loop.run();
    const std::string answer = peer.take();
    REQUIRE(answer.starts_with(ok("first")));
    REQUIRE(status_of(answer.substr(ok("first").size())) == "HTTP/1.1 400");
    REQUIRE(answer.find("Connection: close") != std::string::npos);
    REQUIRE(answer.find("protocol_error") != std::string::npos);
    REQUIRE(peer.ended);
    REQUIRE(world.handler.paths == std::vector<std::string>{"/late"});
    REQUIRE(world.server.counters().protocol_errors.get() == 1);
}

TEST_CASE("a close lingers until the peer ends, or for two seconds") {
    World world;
    auto polite = world.connect();
    auto rude = world.connect();
    for (SimPeer* peer : {&polite, &rude}) peer->send("nonsense\r\n\r\n");
    world.loop.run();
    REQUIRE(polite.ended);
    REQUIRE(world.server.counters().connections.get() == 2);
    polite.stream->end();
    world.loop.run();
    REQUIRE(world.server.counters().connections.get() == 1);
    world.loop.advance(3s);
    REQUIRE(world.server.counters().connections.get() == 0);
}

TEST_CASE("Connection: close is honoured and nothing after it is taken") {
    World world;
    auto peer = world.connect();
    peer.send("GET /a HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n" + get("/b"));
    world.loop.run();
    REQUIRE(peer.take().find("/b") == std::string::npos);
    REQUIRE(peer.ended);
    REQUIRE(world.handler.paths == std::vector<std::string>{"/a"});
}

TEST_CASE("a hang-up cancels what is being answered") {
    World world;
    auto peer = world.connect();
    peer.send(get("/late"));
    world.loop.run();
    bool hook = false;
    world.handler.kept[0]->on_cancel([&hook] { hook = true; });
    const auto token = world.handler.kept[0]->stop_token();
    SECTION("by an end") { peer.stream->end(); }
    SECTION("by a break") { peer.stream->break_off(); }
    SECTION("by being gone") { peer.stream.reset(); }
    world.loop.run();
    REQUIRE(hook);
    REQUIRE(token.stop_requested());
    REQUIRE(world.handler.kept[0]->cancelled());
    REQUIRE_FALSE(world.handler.kept[0]->respond(Response::text("too late")));
    REQUIRE(world.server.counters().connections.get() == 0);
    REQUIRE(world.server.counters().requests_cancelled.get() == 1);
    REQUIRE(world.server.counters().requests_in_flight.get() == 0);
}

TEST_CASE("a deadline answers 504, cancels, and the connection goes on") {
    World world;
    auto peer = world.connect();
    peer.send(get("/late"));
    world.loop.run();
    auto exchange = world.handler.kept[0];
    exchange->start_deadline(100ms);
    world.loop.advance(99ms);
    REQUIRE(peer.take().empty());
    world.loop.advance(1ms);
    REQUIRE(status_of(peer.take()) == "HTTP/1.1 504");
    REQUIRE(exchange->cancelled());
    REQUIRE_FALSE(exchange->respond(Response::text("late")));
    peer.send(get("/b"));
    world.loop.run();
    REQUIRE(peer.take() == ok("/b"));
}

TEST_CASE("an answer before the deadline is the only one, and nothing is cancelled") {
    World world;
    auto peer = world.connect();
    peer.send(get("/late"));
    world.loop.run();
    bool hook = false;
    world.handler.kept[0]->on_cancel([&hook] { hook = true; });
    world.handler.kept[0]->start_deadline(100ms);
    REQUIRE(world.handler.kept[0]->respond(Response::text("in time")));
    REQUIRE_FALSE(world.handler.kept[0]->respond(Response::text("again")));
    world.loop.advance(1s);
    REQUIRE(peer.take() == ok("in time"));
    REQUIRE_FALSE(hook);
}

TEST_CASE("a slow head is answered 408 at its limit, however steadily it trickles") {
    World world;
    auto peer = world.connect();
    for (int second = 0; second < 12 && !peer.ended; ++second) {
        peer.send(second == 0 ? "GET /a HTTP/1.1\r\nX: " : "x");
        world.loop.advance(1s);
    }
    REQUIRE(peer.ended);
    REQUIRE(status_of(peer.take()) == "HTTP/1.1 408");
    REQUIRE(world.handler.paths.empty());
}

TEST_CASE("a body that stops is answered 408, one that goes on is not") {
    World world;
    auto peer = world.connect();
    peer.send("POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 4\r\n\r\n");
    for (int i = 0; i < 3; ++i) {
        peer.send("x");
        world.loop.advance(20s);
    }
    REQUIRE_FALSE(peer.ended);
    world.loop.advance(15s);
    REQUIRE(status_of(peer.take()) == "HTTP/1.1 408");
    REQUIRE(peer.ended);
}

TEST_CASE("an idle connection is closed in silence, a new one sooner than a used one") {
    World world;
    auto fresh = world.connect();
    auto used = world.connect();
    used.send(get("/a"));
    world.loop.advance(11s);
    REQUIRE(fresh.ended);
    REQUIRE(fresh.take().empty());
    REQUIRE_FALSE(used.ended);
    world.loop.advance(66s);
    REQUIRE(used.ended);
}

TEST_CASE("a peer that reads nothing is dropped, and is not read meanwhile") {
    World world;
    auto peer = world.connect();
    const std::string big(200'000, 'x');
    peer.send("POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 200000\r\n\r\n" + big);
    peer.stream->pause();
    world.loop.run();
    peer.send(get("/after"));
    world.loop.run();
    REQUIRE(world.handler.paths == std::vector<std::string>{"/echo"});
    world.loop.advance(32s);
    REQUIRE(world.server.counters().connections.get() == 0);
}

TEST_CASE("over the limit of connections the newcomer is told so") {
    World world({.connections_max = 1});
    auto first = world.connect();
    auto second = world.connect();
    world.loop.run();
    REQUIRE(status_of(second.take()) == "HTTP/1.1 503");
    REQUIRE(second.ended);
    first.send(get("/a"));
    world.loop.run();
    REQUIRE(first.take() == ok("/a"));
}

TEST_CASE("a body over the limit is refused at its head") {
    World world({.body_bytes_max = 10});
    auto peer = world.connect();
    peer.send("POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 11\r\n\r\n");
    world.loop.run();
    REQUIRE(status_of(peer.take()) == "HTTP/1.1 413");
    REQUIRE(world.handler.paths.empty());
}

TEST_CASE("Expect: 100-continue is answered before the body comes") {
    World world;
    auto peer = world.connect();
    peer.send(
        "POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\nExpect: 100-continue\r\n\r\n");
    world.loop.run();
    REQUIRE(peer.take() == "HTTP/1.1 100 Continue\r\n\r\n");
    peer.send("hi");
    world.loop.run();
    REQUIRE(peer.take() == ok("hi"));
}

TEST_CASE("HEAD gets the head of GET without its body") {
    World world;
    auto peer = world.connect();
    peer.send("HEAD /abc HTTP/1.1\r\nHost: a\r\n\r\n" + get("/d"));
    world.loop.run();
    const std::string full = ok("/abc");
    REQUIRE(peer.take() == full.substr(0, full.size() - 4) + ok("/d"));
}

TEST_CASE("a handler's own Content-Length, a status out of range, a split head become internal") {
    World world;
    auto peer = world.connect();
    peer.send(get("/late") + get("/late") + get("/late"));
    world.loop.run();
    Response wrong = Response::text("x");
    REQUIRE(wrong.headers.add("Content-Length", "100"));
    world.handler.kept[0]->respond(std::move(wrong));
    world.handler.kept[1]->respond(Response::empty(99));
    world.handler.kept[2]->respond(Response::bytes("x", "text/plain\r\nX-Split: 1"));
    world.loop.run();
    const std::string answer = peer.take();
    REQUIRE(status_of(answer) == "HTTP/1.1 500");
    REQUIRE(answer.rfind("HTTP/1.1 500") != 0);
    REQUIRE(answer.find("Content-Length: 100\r\n") == std::string::npos);
    REQUIRE(answer.find("X-Split") == std::string::npos);
}

TEST_CASE("draining closes the idle, answers the rest with close, and tells once") {
    World world;
    auto idle = world.connect();
    auto busy = world.connect();
    busy.send(get("/late"));
    idle.send(get("/a"));
    world.loop.run();
    int drained = 0;
    world.server.drain(5s, [&drained] { ++drained; });
    world.loop.run();
    REQUIRE(idle.ended);
    REQUIRE_FALSE(busy.ended);
    REQUIRE(drained == 0);
    world.handler.kept[0]->respond(Response::text("done"));
    idle.stream->end();
    world.loop.run();
    REQUIRE(busy.take().find("Connection: close") != std::string::npos);
    REQUIRE(busy.ended);
    busy.stream->end();
    world.loop.run();
    REQUIRE(drained == 1);
}

TEST_CASE("a drain that takes longer than its grace ends everything") {
    World world;
    auto busy = world.connect();
    busy.send(get("/late"));
    world.loop.run();
    int drained = 0;
    world.server.drain(5s, [&drained] { ++drained; });
    world.loop.advance(4s);
    REQUIRE(drained == 0);
    world.loop.advance(1s);
    REQUIRE(drained == 1);
    REQUIRE(world.handler.kept[0]->cancelled());
}

TEST_CASE("an exchange that outlives its server can still be answered, into nothing") {
    SimLoop loop;
    TestHandler handler;
    base::Ref<http::Exchange> kept;
    {
        http::Server server(loop, {}, handler);
        auto [ours, theirs] = SimStream::pair(loop);
        server.adopt(std::move(theirs));
        SimPeer peer(std::move(ours));
        peer.send(get("/late"));
        loop.run();
        kept = handler.kept[0];
    }
    REQUIRE(kept->cancelled());
    REQUIRE_FALSE(kept->respond(Response::text("x")));
    loop.run();
}
