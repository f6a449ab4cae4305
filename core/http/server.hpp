// http::Server: the HTTP/1.1 connections of one loop, from accepting to draining.
//
// Lives on one loop's thread; counters() may be read from any. Limits on connections hold per loop:
// each has its share of connections_max.
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include <tidewire/function.hpp>
#include <tidewire/limits.hpp>

#include "base/counter.hpp"
#include "base/runtime.hpp"
#include "base/tls.hpp"
#include "http/exchange.hpp"

namespace tidewire::http {

class ServerConnection;

struct ServerCounters {
    base::Counter connections;
    base::Counter connections_accepted;
    base::Counter requests;
    base::Counter requests_in_flight;
    base::Counter requests_cancelled;
    base::Counter protocol_errors;
};

class Server final : private base::AcceptEvents, private base::TurnEnd {
public:
    Server(base::Loop& loop, const Limits& limits, ExchangeHandler& handler);
    ~Server();
    Server(const Server&) = delete;
    Server& operator=(const Server&) = delete;

    // The port. With `tls` every connection begins with its handshake.
    Result<std::uint16_t> listen(const base::ListenOptions& options,
                                 std::shared_ptr<base::TlsServer> tls = nullptr);
    // Stops accepting and closes what is idle; others are closed after their answers. `drained` is
    // called once, when no connection is left. May be called again to shorten the grace.
    void drain(std::chrono::milliseconds grace, Function<void()> drained);
    // For ListenOptions::socket of another loop's.
    [[nodiscard]] int socket() const noexcept { return acceptor_ ? acceptor_->socket() : -1; }
    [[nodiscard]] const ServerCounters& counters() const noexcept { return counters_; }

    // For its connections.
    [[nodiscard]] base::Loop& loop() noexcept { return loop_; }
    [[nodiscard]] const Limits& limits() const noexcept { return limits_; }
    [[nodiscard]] ExchangeHandler& handler() noexcept { return handler_; }
    [[nodiscard]] ServerCounters& count() noexcept { return counters_; }
    [[nodiscard]] bool draining() const noexcept { return draining_; }
    // IMF-fixdate of now, made once a second.
    [[nodiscard]] std::string_view date();
    // The connection is over: destroyed at the end of the turn.
    void retire(ServerConnection& connection);
    // Adds a connection that was not accepted here: a test's pipe.
    void adopt(std::unique_ptr<base::ByteStream> stream);

private:
    struct Slot;
    void on_accepted(std::unique_ptr<base::ByteStream> stream) override;
    [[nodiscard]] bool full(std::string_view address) const;
    void turn_ended() override;
    void sweep();
    void end_all();
    void tell_if_drained();

    base::Loop& loop_;
    const Limits limits_;
    ExchangeHandler& handler_;
    ServerCounters counters_;
    std::shared_ptr<base::TlsServer> tls_;
    std::string plain_answer_;  // of a TLS port, to a peer that speaks plain HTTP
    std::unique_ptr<base::Acceptor> acceptor_;
    std::vector<std::unique_ptr<ServerConnection>> connections_;
    std::vector<std::unique_ptr<ServerConnection>> retired_;
    bool retiring_ = false;
    std::unordered_map<std::string, std::size_t> per_address_;
    std::string date_;
    std::int64_t date_second_ = -1;
    bool draining_ = false;
    std::vector<Function<void()>> drained_;
    base::MemberWaiter<&Server::sweep> on_sweep_{*this};
    base::Timer sweep_{on_sweep_};
    base::MemberWaiter<&Server::end_all> on_grace_over_{*this};
    base::Timer grace_{on_grace_over_};
};

}  // namespace tidewire::http
