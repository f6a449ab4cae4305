#include <tidewire/server.hpp>

#include <algorithm>
#include <future>
#include <utility>

#include "api/server_guard.hpp"
#include "api/server_impl.hpp"
#include "codec/url.hpp"

namespace tidewire {
namespace api {
namespace {

// A blocked host is noticed this late at most, which bounds the error of app_stall_seconds.
constexpr std::chrono::milliseconds kProbeInterval{50};

// Counts loops down; the last one tells.
struct Countdown {
    std::atomic<std::size_t> left;
    Function<void()> done;
    void one_less() {
        if (left.fetch_sub(1) == 1 && done) done();
    }
};

}  // namespace

std::shared_ptr<LoopServer> LoopServer::make(const std::shared_ptr<Runtime>& runtime,
                                             std::size_t index, const Limits& limits,
                                             std::shared_ptr<Service> service,
                                             std::shared_ptr<Host> host) {
    base::Loop& loop = runtime->impl().loop(index);
    return {new LoopServer(loop, limits, std::move(service), std::move(host)),
            [runtime, &loop](LoopServer* server) {
                // A loop that has ended runs nothing any more: then this thread may.
                if (!run_on(loop, [server] { delete server; })) delete server;
            }};
}

LoopServer::LoopServer(base::Loop& loop, const Limits& limits, std::shared_ptr<Service> service,
                       std::shared_ptr<Host> host)
    : loop_(loop),
      service_(std::move(service)),
      host_(std::move(host)),
      meter(service_->operations().size()),
      http(loop, limits, *this) {
    if (host_) probe_.arm(loop_.timers(), loop_.now() + kProbeInterval);
}

LoopServer::~LoopServer() {
    if (ring_asked_) loop_.forget_turn_end(*this);
}

void LoopServer::on_exchange(http::Exchange& exchange) {
    exchange.meter = &meter;
    exchange.began = loop_.now();
    service_->on_exchange(exchange);
    if (!host_ || ring_asked_) return;
    ring_asked_ = true;
    loop_.at_turn_end(*this);
}

void LoopServer::turn_ended() {
    ring_asked_ = false;
    host_->ring();
}

void LoopServer::probe() {
    if (http.counters().requests_in_flight.get() > 0) host_->probe();
    probe_.arm(loop_.timers(), loop_.now() + kProbeInterval);
}

ServerImpl::ServerImpl(ServerOptions options)
    : options_(std::move(options)),
      service_(std::make_shared<patterns::request_response::Service>(options_.limits,
                                                                     options_.debug)),
      vitals_(std::make_shared<Vitals>(options_.host)) {
    if (const auto added = add_operations(*service_, vitals_); !added) failure_ = added.error();
}

ServerImpl::~ServerImpl() {
    if (runtime_ && runtime_->impl().forked()) {
        // The child of a fork has none of the threads that may touch these.
        for (auto& server : vitals_->take_servers()) {
            new std::shared_ptr<LoopServer>(std::move(server));
        }
        return;
    }
    if (on_loop_thread()) {
        stop_async(std::chrono::milliseconds(0), {});
    } else {
        (void)stop(std::chrono::milliseconds(0));
    }
}

Result<patterns::request_response::Service*> ServerImpl::fill() {
    std::lock_guard lock(mutex_);
    if (state_ != State::fresh) {
        return Error(ErrorCode::misuse, "handlers are registered before start()");
    }
    return service_.get();
}

void ServerImpl::keep_failure(const Error& error) {
    std::lock_guard lock(mutex_);
    if (!failure_) failure_ = error;
}

std::shared_ptr<Runtime> ServerImpl::runtime() const {
    std::lock_guard lock(mutex_);
    return runtime_;
}

Result<void> ServerImpl::start() {
    const auto address = codec::parse_host_port(options_.address);
    {
        std::lock_guard lock(mutex_);
        if (state_ != State::fresh) return Error(ErrorCode::misuse, "a server starts once");
        if (on_loop_thread()) return Error(ErrorCode::misuse, "start() on a loop thread");
        if (failure_) return *failure_;
        if (!address) return address.error();
        auto guard = http::Guard::make(guard_options(options_, address->host));
        if (!guard) return guard.error();
        service_->set_guard(std::move(*guard));
        auto forms = http::Representation::make(options_.compression);
        if (!forms) return forms.error();
        service_->set_representation(std::move(*forms));
        if (auto ready = service_->ready(); !ready) return ready;
        if (options_.tls && address->host.starts_with('/')) {
            return Error(ErrorCode::invalid_argument, "tls is not for Unix sockets");
        }
        if (options_.tls) {
            auto tls = net::tls::Server::make(*options_.tls);
            if (!tls) return tls.error();
            tls_ = std::move(*tls);
        }
        runtime_ = options_.runtime ? options_.runtime : Runtime::create(options_.loops);
        if (!runtime_->alive()) {
            return Error(ErrorCode::misuse, "the runtime has stopped or was forked");
        }
        state_ = State::serving;
    }
    auto listening = listen_on_all(address->host, address->port);
    if (!listening) (void)stop(std::chrono::milliseconds(0));
    return listening;
}

Result<void> ServerImpl::listen_on_all(const std::string& host, std::uint16_t port) {
    const auto runtime = this->runtime();
    const std::size_t loops = runtime->loops();
    Limits share = options_.limits;
    share.connections_max = (share.connections_max + loops - 1) / loops;
    int socket = -1;  // of a Unix socket, which all loops accept from
    for (std::size_t i = 0; i < loops; ++i) {
        std::shared_ptr<LoopServer> server;
        Result<std::uint16_t> bound = Error(ErrorCode::misuse, "the runtime has stopped");
        const bool ran = run_on(runtime->impl().loop(i), [&] {
            server = LoopServer::make(runtime, i, share, service_, options_.host);
            bound = server->http.listen({host, port, loops > 1, socket}, tls_);
            if (host.starts_with('/') && i == 0) socket = server->http.socket();
        });
        if (!ran || !bound) return bound.error();
        port = *bound;  // the others share the one that the first was given
        vitals_->add(std::move(server));
    }
    port_ = port;
    listening_ = true;
    vitals_->serving = true;
    return {};
}

void ServerImpl::stop_async(std::chrono::milliseconds grace, Function<void()> done) {
    const auto servers = vitals_->servers();
    const auto runtime = this->runtime();
    vitals_->serving = false;
    {
        std::lock_guard lock(mutex_);
        state_ = State::stopped;
    }
    if (grace.count() < 0) grace = options_.limits.stop_grace;
    if (servers.empty() || !runtime->alive()) {
        if (done) done();
        return;
    }
    auto countdown = std::make_shared<Countdown>();
    countdown->left = servers.size();
    countdown->done = std::move(done);
    for (std::size_t i = 0; i < servers.size(); ++i) {
        const bool posted =
            runtime->impl().loop(i).inbox()->post([server = servers[i], grace, countdown] {
                server->http.drain(grace, [countdown] { countdown->one_less(); });
            });
        if (!posted) countdown->one_less();
    }
}

Result<void> ServerImpl::stop(std::chrono::milliseconds grace) {
    if (on_loop_thread()) return Error(ErrorCode::misuse, "stop() on a loop thread");
    const auto runtime = this->runtime();
    if (!runtime) return {};
    if (runtime->impl().forked()) return Error(ErrorCode::misuse, "used in a child of fork()");
    auto stopped = std::make_shared<std::promise<void>>();
    auto done = stopped->get_future();
    stop_async(grace, [stopped = std::move(stopped)] { stopped->set_value(); });
    try {
        done.get();
    } catch (const std::future_error&) {
        // The loops ended under us, and with them every connection.
    }
    vitals_->take_servers().clear();
    if (!options_.runtime) runtime->stop();
    return {};
}

Result<void> ServerImpl::reload_tls(const Tls& tls) {
    std::shared_ptr<net::tls::Server> serving;
    {
        std::lock_guard lock(mutex_);
        if (state_ != State::serving || !tls_) {
            return Error(ErrorCode::misuse, "reload_tls() is for a server that serves TLS");
        }
        serving = tls_;
    }
    return serving->reload(tls);
}

std::string ServerImpl::url() const {
    const auto address = codec::parse_host_port(options_.address);
    if (!listening_ || !address) return {};
    if (address->host.starts_with('/')) return options_.address;
    const std::string& name = address->host;
    const bool any = name.empty() || name == "0.0.0.0" || name == "::";
    const std::string host = any ? "127.0.0.1" : name;
    const bool brackets = host.find(':') != std::string::npos;
    const std::string scheme = options_.tls ? "https://" : "http://";
    return scheme + (brackets ? "[" + host + "]" : host) + ":" + std::to_string(port_);
}

}  // namespace api

Server::Server(ServerOptions options)
    : impl_(std::make_unique<api::ServerImpl>(std::move(options))) {}
Server::~Server() = default;
Server::Server(Server&&) noexcept = default;
Server& Server::operator=(Server&&) noexcept = default;

Server& Server::keep(Result<void> registered) {
    if (!registered) impl_->keep_failure(registered.error());
    return *this;
}

Result<void> Server::route(std::string_view http_method, std::string_view pattern, Handler handler,
                           RouteOptions options) {
    auto service = impl_->fill();
    if (!service) return service.error();
    return (*service)->add_route(http_method, pattern, std::move(handler), options.executor);
}

Result<void> Server::route_async(std::string_view http_method, std::string_view pattern,
                                 AsyncHandler handler) {
    auto service = impl_->fill();
    if (!service) return service.error();
    return (*service)->add_async_route(http_method, pattern, std::move(handler));
}

Result<void> Server::method_sync(std::string_view name, MethodHandler handler,
                                 MethodOptions options) {
    auto service = impl_->fill();
    if (!service) return service.error();
    return (*service)->add_method(name, std::move(handler), options);
}

Result<void> Server::method_async(std::string_view name, AsyncMethodHandler handler,
                                  MethodOptions options) {
    auto service = impl_->fill();
    if (!service) return service.error();
    return (*service)->add_async_method(name, std::move(handler), options);
}

Result<void> Server::method_stream(std::string_view name, StreamHandler handler,
                                   MethodOptions options) {
    auto service = impl_->fill();
    if (!service) return service.error();
    return (*service)->add_stream_method(name, std::move(handler), options);
}

Result<void> Server::method_stream(std::string_view name, StreamedRequestHandler handler,
                                   MethodOptions options) {
    auto service = impl_->fill();
    if (!service) return service.error();
    return (*service)->add_stream_method(name, std::move(handler), options);
}

Result<void> Server::method_stream(std::string_view name, DuplexHandler handler,
                                   MethodOptions options) {
    auto service = impl_->fill();
    if (!service) return service.error();
    return (*service)->add_stream_method(name, std::move(handler), options);
}

Result<void> Server::method_raw(std::string_view name, AsyncHandler handler, bool scan_json,
                                MethodOptions options) {
    auto service = impl_->fill();
    if (!service) return service.error();
    return (*service)->add_raw_method(name, std::move(handler), scan_json, options);
}

Result<void> Server::start() { return impl_->start(); }
Result<void> Server::stop(std::chrono::milliseconds grace) { return impl_->stop(grace); }
void Server::stop_async(std::chrono::milliseconds grace, Function<void()> done) {
    impl_->stop_async(grace, std::move(done));
}
Result<void> Server::reload_tls(const Tls& tls) { return impl_->reload_tls(tls); }
std::string Server::url() const { return impl_->url(); }
std::uint16_t Server::port() const { return impl_->port(); }
void Server::set_ready(bool ready) noexcept { impl_->set_ready(ready); }
ServerStats Server::stats() const { return impl_->stats(); }

}  // namespace tidewire
