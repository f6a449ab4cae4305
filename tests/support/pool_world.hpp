// A pool of client connections in memory, against a server that the test plays itself: it collects
// the connections and answers by hand.
#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

#include "http/client_connection.hpp"
#include "http/pool.hpp"
#include "support/sim_runtime.hpp"

namespace tidewire::testing {

class PoolWorld : private base::AcceptEvents {
public:
    static constexpr std::uint16_t kPort = 80;

    struct Sent {
        base::Ref<http::Operation> operation = base::make_ref<http::Operation>();
        std::shared_ptr<std::optional<Result<Response>>> result =
            std::make_shared<std::optional<Result<Response>>>();
        [[nodiscard]] bool settled() const { return result->has_value(); }
        [[nodiscard]] ErrorCode code() const { return (*result)->error().code(); }
        [[nodiscard]] http::Source& source() const { return operation->source(); }
    };

    explicit PoolWorld(http::PoolOptions options = {}) {
        options.url = {"http", "h", kPort, ""};
        acceptor = std::move(*loop.listen({"h", kPort, false}, *this));
        pool = std::make_unique<http::Pool>(loop, std::move(options));
    }
    // An operation that throws when it settles twice; for the test to submit.
    static Sent make(std::string method) {
        Sent sent;
        sent.operation->method = std::move(method);
        sent.operation->target = "/x";
        sent.operation->done = [result = sent.result](Result<Response> response) {
            if (result->has_value()) throw std::logic_error("an operation settled twice");
            result->emplace(std::move(response));
        };
        return sent;
    }
    void submit(const Sent& sent) {
        pool->submit(sent.operation);
        loop.run();
    }
    void answer(std::size_t peer, std::string_view bytes) {
        peers[peer]->send(bytes);
        loop.run();
    }

    SimLoop loop;
    std::unique_ptr<base::Acceptor> acceptor;
    std::vector<std::unique_ptr<SimPeer>> peers;
    std::unique_ptr<http::Pool> pool;

private:
    void on_accepted(std::unique_ptr<base::ByteStream> stream) override {
        peers.push_back(std::make_unique<SimPeer>(std::move(stream)));
    }
};

}  // namespace tidewire::testing
