// Answers of a server connection that stream.
#include "http/server.hpp"

#include <catch2/catch.hpp>

#include "support/streaming_server.hpp"

using namespace tidewire;
using namespace std::chrono_literals;
using namespace tidewire::testing;
using http::Flow;

namespace {

using World = StreamingWorld;
using Bell = CountingBell;

}  // namespace

TEST_CASE("a streamed answer leaves piece by piece, and the connection is kept") {
    World world;
    auto peer = world.connect();
    auto exchange = world.ask(peer, get("/down"));
    auto writer = exchange->stream(ab());
    REQUIRE(writer);
    world.loop.run();
    REQUIRE(peer.take() == kChunkedOk);
    REQUIRE(writer.write("hello") == Flow::flowing);
    REQUIRE(writer.write("") == Flow::flowing);
    world.loop.run();
    REQUIRE(peer.take() == "5\r\nhello\r\n");
    writer.end();
    REQUIRE_FALSE(writer);
    REQUIRE(writer.write("late") == Flow::closed);
    world.loop.run();
    REQUIRE(peer.take() == "0\r\n\r\n");
    REQUIRE_FALSE(exchange->respond(Response::text("again")));
    REQUIRE_FALSE(exchange->stream(ab()));
    peer.send(get("/now"));
    world.loop.run();
    REQUIRE(peer.take() == kNow);
    REQUIRE(world.server.counters().requests_in_flight.get() == 0);
}

TEST_CASE("HTTP/1.0 gets a streamed answer that ends with the connection") {
    World world;
    auto peer = world.connect();
    auto exchange = world.ask(peer, get("/down", "1.0"));
    auto writer = exchange->stream(ab());
    writer.write("hello");
    writer.end();
    world.loop.run();
    const auto answer = peer.take();
    REQUIRE(answer.find("Transfer-Encoding") == std::string::npos);
    REQUIRE(answer.find("Connection: close\r\n\r\nhello") != std::string::npos);
    REQUIRE(peer.ended);
}

TEST_CASE("what HTTP/1.0 has pipelined behind an answer of unknown length is not answered") {
    World world;
    auto peer = world.connect();
    const std::string keep = "GET /x HTTP/1.0\r\nHost: a\r\nConnection: keep-alive\r\n\r\n";
    peer.send(keep + keep);
    world.loop.run();
    world.handler.kept[1]->respond(Response::text("second"));
    auto writer = world.handler.kept[0]->stream(ab());
    writer.write("first");
    writer.end();
    world.loop.run();
    REQUIRE(peer.take().ends_with("\r\n\r\nfirst"));
    REQUIRE(peer.ended);
    REQUIRE(world.server.counters().requests_in_flight.get() == 0);
}

TEST_CASE("HEAD and 204 have no streamed body, and their writers are told so") {
    World world;
    auto peer = world.connect();
    const int status = GENERATE(200, 204);
    auto exchange = world.ask(
        peer, status == 200 ? "HEAD /down HTTP/1.1\r\nHost: a\r\n\r\n" : get("/down"));
    auto writer = exchange->stream(ab(status));
    REQUIRE(writer.write("hello") == Flow::closed);
    writer.end();
    peer.send(get("/now"));
    world.loop.run();
    const auto answer = peer.take();
    REQUIRE(answer.ends_with("\r\n\r\n" + std::string(kNow)));
    REQUIRE(answer.find("hello") == std::string::npos);
}

TEST_CASE("a stalled reader fills the sink, which holds no more than that, and flows again") {
    World world;
    auto peer = world.connect();
    auto exchange = world.ask(peer, get("/down"));
    auto writer = exchange->stream(ab());
    peer.stream->pause();
    const std::string piece(1000, 'x');
    std::size_t written = 0;
    while (writer.write(piece) == Flow::flowing) {
        written += piece.size();
        REQUIRE(written < 70'000);
        world.loop.run();
    }
    REQUIRE(written > 60'000);
    Bell bell;
    writer.when_drained(bell);
    world.loop.run();
    REQUIRE(bell.rung == 0);
    peer.stream->resume();
    world.loop.run();
    REQUIRE(bell.rung == 1);
    REQUIRE(writer.write("end") == Flow::flowing);
    writer.end();
    world.loop.run();
    REQUIRE(peer.take().ends_with("3\r\nend\r\n0\r\n\r\n"));
}

TEST_CASE("a sink that flows already rings its waiter, in a later turn") {
    World world;
    auto peer = world.connect();
    auto writer = world.ask(peer, get("/down"))->stream(ab());
    Bell bell;
    writer.when_drained(bell);
    REQUIRE(bell.rung == 0);
    world.loop.run();
    REQUIRE(bell.rung == 1);
    writer.end();
}

TEST_CASE("streamed answers keep the order of the requests, and wait within bounds") {
    World world;
    auto peer = world.connect();
    peer.send(get("/one") + get("/two") + get("/now"));
    world.loop.run();
    REQUIRE(world.handler.kept.size() == 2);
    auto second = world.handler.kept[1]->stream(ab());
    while (second.write(std::string(1000, '2')) == Flow::flowing) {}
    Bell bell;
    second.when_drained(bell);
    world.loop.run();
    REQUIRE(bell.rung == 0);
    REQUIRE(peer.take().empty());
    auto first = world.handler.kept[0]->stream(ab());
    first.write("1");
    world.loop.run();
    REQUIRE(peer.take() == std::string(kChunkedOk) + "1\r\n1\r\n");
    first.end();
    world.loop.run();
    REQUIRE(bell.rung == 1);
    REQUIRE(peer.take().starts_with("0\r\n\r\n" + std::string(kChunkedOk) + "3e8\r\n22"));
    second.end();
    world.loop.run();
    REQUIRE(peer.take() == "0\r\n\r\n" + std::string(kNow));
}

TEST_CASE("a body that is not ended is cut, so that the peer sees it, and what follows with it") {
    World world;
    auto peer = world.connect();
    peer.send(get("/down") + get("/behind"));
    world.loop.run();
    auto writer = world.handler.kept[0]->stream(ab());
    writer.write("half");
    SECTION("dropped") { writer = {}; }
    SECTION("aborted") { writer.abort(Error(ErrorCode::internal)); }
    SECTION("by its deadline") {
        world.handler.kept[0]->start_deadline(50ms);
        Bell bell;
        REQUIRE_FALSE(world.handler.kept[0]->cancelled());
        world.loop.advance(50ms);
        REQUIRE(world.handler.kept[0]->cancelled());
        REQUIRE(writer.write("more") == Flow::closed);
    }
    world.loop.run();
    REQUIRE(peer.take() == std::string(kChunkedOk) + "4\r\nhalf\r\n");
    REQUIRE(peer.ended);
    REQUIRE(world.handler.kept[1]->cancelled());
    REQUIRE(world.server.counters().requests_in_flight.get() == 0);
    REQUIRE_FALSE(world.handler.kept[1]->respond(Response::text("x")));
    peer.stream->end();
    world.loop.run();
    REQUIRE(world.server.counters().connections.get() == 0);
}

TEST_CASE("a deadline lets the hook end the stream in its own words") {
    World world;
    auto peer = world.connect();
    auto exchange = world.ask(peer, get("/down"));
    auto writer = exchange->stream(ab());
    exchange->start_deadline(50ms);
    exchange->on_cancel([&writer] {
        writer.write("too late");
        writer.end();
    });
    world.loop.advance(60ms);
    REQUIRE(peer.take() == std::string(kChunkedOk) + "8\r\ntoo late\r\n0\r\n\r\n");
    REQUIRE_FALSE(peer.ended);
}

TEST_CASE("a stream that breaks off before a byte of it was sent becomes its error") {
    World world;
    auto peer = world.connect();
    peer.send(get("/one") + get("/two"));
    world.loop.run();
    auto writer = world.handler.kept[1]->stream(ab());
    writer.write("unseen");
    writer.abort(Error(ErrorCode::overloaded));
    world.handler.kept[0]->respond(Response::text("now"));
    world.loop.run();
    const auto answer = peer.take();
    REQUIRE(answer.starts_with(kNow));
    REQUIRE(status_line(std::string_view(answer).substr(kNow.size())) == "HTTP/1.1 503");
    REQUIRE(answer.find("unseen") == std::string::npos);
    REQUIRE_FALSE(peer.ended);
}

TEST_CASE("a head that cannot be sent is internal, and its writer empty of readers") {
    World world;
    auto peer = world.connect();
    auto exchange = world.ask(peer, get("/down"));
    auto writer = exchange->stream({200, "a\r\nX: 1", {}, {}});
    REQUIRE(writer.write("x") == Flow::closed);
    writer.end();
    world.loop.run();
    REQUIRE(status_line(peer.take()) == "HTTP/1.1 500");
}

TEST_CASE("a peer that hangs up closes the sink and wakes its writer") {
    World world;
    auto peer = world.connect();
    auto exchange = world.ask(peer, get("/down"));
    auto writer = exchange->stream(ab());
    bool told = false;
    exchange->on_cancel([&told] { told = true; });
    peer.stream->pause();
    while (writer.write(std::string(5000, 'x')) == Flow::flowing) {}
    Bell bell;
    writer.when_drained(bell);
    peer.stream.reset();
    world.loop.run();
    REQUIRE(told);
    REQUIRE(bell.rung == 1);
    REQUIRE(writer.write("x") == Flow::closed);
    REQUIRE(world.server.counters().requests_cancelled.get() == 1);
}

TEST_CASE("a reader that stalls for the body's idle time is cut off") {
    World world;
    auto peer = world.connect();
    auto exchange = world.ask(peer, get("/down"));
    auto writer = exchange->stream(ab());
    world.loop.advance(60s);  // nothing to say is no stall
    peer.stream->pause();
    while (writer.write(std::string(5000, 'x')) == Flow::flowing) {}
    world.loop.advance(20s);
    REQUIRE_FALSE(exchange->cancelled());
    world.loop.advance(12s);
    REQUIRE(exchange->cancelled());
}

TEST_CASE("a drain lets a streamed answer come to its end, and closes after it") {
    World world;
    auto peer = world.connect();
    auto writer = world.ask(peer, get("/down"))->stream(ab());
    bool drained = false;
    world.server.drain(5s, [&drained] { drained = true; });
    world.loop.run();
    writer.write("x");
    writer.end();
    world.loop.run();
    REQUIRE(peer.take().ends_with("1\r\nx\r\n0\r\n\r\n"));
    REQUIRE(peer.ended);
    peer.stream->end();
    world.loop.run();
    REQUIRE(drained);
}

TEST_CASE("an early hint is sent before the answer, and not to HTTP/1.0") {
    World world;
    auto peer = world.connect();
    const std::string version = GENERATE("1.1", "1.0");
    auto exchange = world.ask(peer, get("/down", version));
    exchange->inform(103, {{"Link", "</a.css>"}});
    world.loop.run();
    const std::string hint = "HTTP/1.1 103 Early Hints\r\nLink: </a.css>\r\n\r\n";
    REQUIRE(peer.take() == (version == "1.1" ? hint : ""));
    exchange->respond(Response::text("now"));
    exchange->inform(103, {});
    world.loop.run();
    REQUIRE(status_line(peer.take()) == "HTTP/1.1 200");
}
