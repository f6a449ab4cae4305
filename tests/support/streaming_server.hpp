// A server in memory whose handler keeps every exchange for the test, and decides by the path
// whether a body streams.
#pragma once

#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

#include "http/server.hpp"
#include "support/bodies.hpp"
#include "support/sim_runtime.hpp"

namespace tidewire::testing {

// Keeps every exchange for the test. Bodies below /up come streamed; /now is answered at once.
class KeepingHandler final : public http::ExchangeHandler {
public:
    http::BodyMode on_head(http::Exchange& exchange) override {
        ++heads;
        using http::BodyMode;
        return exchange.target().path.starts_with("/up") ? BodyMode::streamed : BodyMode::whole;
    }
    void on_exchange(http::Exchange& exchange) override {
        if (exchange.target().path == "/now") {
            exchange.respond(Response::text("now"));
        } else {
            kept.emplace_back(&exchange);
        }
    }
    int heads = 0;
    std::vector<base::Ref<http::Exchange>> kept;
};

struct StreamingWorld {
    explicit StreamingWorld(Limits limits = {}) : server(loop, limits, handler) {}
    SimPeer connect() {
        auto [ours, theirs] = SimStream::pair(loop);
        server.adopt(std::move(theirs));
        return SimPeer(std::move(ours));
    }
    // Sends, and gives the exchange that came of it; throws when none came.
    base::Ref<http::Exchange> ask(SimPeer& peer, std::string_view request) {
        const auto before = handler.kept.size();
        peer.send(request);
        loop.run();
        if (handler.kept.size() != before + 1) throw std::logic_error("no exchange came of it");
        return handler.kept.back();
    }
    SimLoop loop;
    KeepingHandler handler;
    http::Server server;
};

inline std::string get(std::string_view path, std::string_view version = "1.1") {
    return "GET " + std::string(path) + " HTTP/" + std::string(version) + "\r\nHost: a\r\n\r\n";
}

inline constexpr std::string_view kChunkedOk =
    "HTTP/1.1 200 OK\r\nDate: Sun, 06 Nov 1994 08:49:37 GMT\r\nContent-Type: a/b\r\n"
    "Transfer-Encoding: chunked\r\n\r\n";
inline constexpr std::string_view kNow =
    "HTTP/1.1 200 OK\r\nDate: Sun, 06 Nov 1994 08:49:37 GMT\r\n"
    "Content-Type: text/plain; charset=utf-8\r\nContent-Length: 3\r\n\r\nnow";

inline std::string status_line(std::string_view answer) {
    return std::string(answer.substr(0, 12));
}
inline Response ab(int status = 200) { return {status, "a/b", {}, {}}; }

}  // namespace tidewire::testing
