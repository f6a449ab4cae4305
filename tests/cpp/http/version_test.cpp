// Versions of HTTP that are not spoken here (RFC 9110 15.6.6).

#include <catch2/catch.hpp>

#include "http/server.hpp"
#include "support/sim_runtime.hpp"

using namespace tidewire;

namespace {

class VersionHandler final : public http::ExchangeHandler {
public:
    void on_exchange(http::Exchange& exchange) override {
        ++requests;
        exchange.respond(Response::text("ok"));
    }
    int requests = 0;
};

// What a server answers to these bytes, on a connection that then ends.
std::string answer_to(std::string_view bytes, bool cut) {
    testing::SimLoop loop;
    VersionHandler handler;
    http::Server server(loop, Limits{}, handler);
    auto [ours, theirs] = testing::SimStream::pair(loop);
    server.adopt(std::move(theirs));
    testing::SimPeer peer(std::move(ours));
    if (cut) {
        for (const char c : bytes) peer.send(std::string(1, c));
    } else {
        peer.send(std::string(bytes));
    }
    loop.run();
    const std::string answer = peer.take();
    if (!answer.starts_with("HTTP/1.1 200")) {
        CHECK(handler.requests == 0);
        CHECK(peer.ended);
        CHECK(answer.find("Connection: close") != std::string::npos);
    }
    return answer;
}

}  // namespace

TEST_CASE("another version of HTTP is answered 505, and the connection ends", "[http1]") {
    for (const char* line : {"GET / HTTP/2.0", "PRI * HTTP/2.0", "GET / HTTP/1.2", "GET / HTTP/0.9",
                             "GET / HTTP/3.0"}) {
        for (const bool cut : {false, true}) {
            INFO(line << (cut ? ", byte by byte" : ""));
            const auto answer =
                answer_to(std::string(line) + "\r\nHost: localhost\r\n\r\nSM\r\n\r\n", cut);
            CHECK(answer.starts_with("HTTP/1.1 505 HTTP Version Not Supported\r\n"));
            CHECK(answer.find("\"status\":505") != std::string::npos);
            CHECK(answer.find("\"code\":\"protocol_error\"") != std::string::npos);
        }
    }
}

TEST_CASE("what is no version at all is answered 400", "[http1]") {
    for (const char* line : {"GET / HTTP/1.32", "GET / HTTP/11", "GET / http/1.1", "GET / HTTQ/1.1",
                             "GET /", "GET / HTTP/1.", "GET / HTTP/a.b"}) {
        INFO(line);
        CHECK(answer_to(std::string(line) + "\r\nHost: localhost\r\n\r\n", false)
                  .starts_with("HTTP/1.1 400 Bad Request\r\n"));
    }
    CHECK(answer_to("GET / HTTP/1.1\r\nHost: localhost\r\n\r\n", false)
              .starts_with("HTTP/1.1 200 OK\r\n"));
}
