// The wiring behind tidewire::Server: one Service, and one http::Server on each loop.
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include <tidewire/host.hpp>
#include <tidewire/server.hpp>

#include "api/runtime_impl.hpp"
#include "api/vitals.hpp"
#include "http/server.hpp"
#include "net/tls/server.hpp"
#include "patterns/request_response/meter.hpp"
#include "patterns/request_response/server.hpp"

namespace tidewire::api {

// What a server has on one loop. Made, used and destroyed there: make() gives it a deleter that
// goes to the loop, so the last reference may be dropped anywhere.
class LoopServer final : private http::ExchangeHandler, private base::TurnEnd {
public:
    ~LoopServer();
    using Service = patterns::request_response::Service;
    [[nodiscard]] static std::shared_ptr<LoopServer> make(const std::shared_ptr<Runtime>& runtime,
                                                          std::size_t index, const Limits& limits,
                                                          std::shared_ptr<Service> service,
                                                          std::shared_ptr<Host> host);

private:
    LoopServer(base::Loop& loop, const Limits& limits, std::shared_ptr<Service> service,
               std::shared_ptr<Host> host);
    http::BodyMode on_head(http::Exchange& exchange) override {
        return service_->on_head(exchange);
    }
    void on_exchange(http::Exchange& exchange) override;
    void turn_ended() override;
    void probe();

    base::Loop& loop_;
    const std::shared_ptr<Service> service_;
    const std::shared_ptr<Host> host_;
    bool ring_asked_ = false;

public:
    patterns::request_response::Meter meter;
    http::Server http;

private:
    base::MemberWaiter<&LoopServer::probe> on_probe_{*this};
    base::Timer probe_{on_probe_};
};

class ServerImpl {
public:
    explicit ServerImpl(ServerOptions options);
    ~ServerImpl();
    ServerImpl(const ServerImpl&) = delete;
    ServerImpl& operator=(const ServerImpl&) = delete;

    // Of registration: the Service while it may be filled, misuse after start().
    [[nodiscard]] Result<patterns::request_response::Service*> fill();
    void keep_failure(const Error& error);

    Result<void> start();
    void stop_async(std::chrono::milliseconds grace, Function<void()> done);
    Result<void> stop(std::chrono::milliseconds grace);
    Result<void> reload_tls(const Tls& tls);
    [[nodiscard]] std::string url() const;
    [[nodiscard]] std::uint16_t port() const noexcept { return port_.load(); }
    [[nodiscard]] ServerStats stats() const { return vitals_->stats(); }
    void set_ready(bool ready) noexcept { vitals_->ready = ready; }

private:
    enum class State : std::uint8_t { fresh, serving, stopped };

    Result<void> listen_on_all(const std::string& host, std::uint16_t port);
    [[nodiscard]] std::shared_ptr<Runtime> runtime() const;

    const ServerOptions options_;
    std::shared_ptr<patterns::request_response::Service> service_;
    const std::shared_ptr<Vitals> vitals_;
    // Of all below. Never held while waiting for a loop, whose handlers may ask for stats().
    mutable std::mutex mutex_;
    std::shared_ptr<Runtime> runtime_;
    State state_ = State::fresh;
    std::optional<Error> failure_;
    std::shared_ptr<net::tls::Server> tls_;  // from start() on, of a server that has it
    std::atomic<std::uint16_t> port_{0};
    std::atomic<bool> listening_{false};
};

}  // namespace tidewire::api
