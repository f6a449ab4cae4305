// Server: routes and named methods over HTTP/1.1.
//
//     tidewire::Server app{{.address = "127.0.0.1:8080"}};
//     app.get("/users/{id}", [](const tidewire::Request& request) {
//         return tidewire::Response::json(tidewire::object({{"id", request.param("id")}}));
//     });
//     app.method("add", [](const tidewire::Value& args) -> tidewire::Result<tidewire::Value> {
//         return args["a"].as<double>().value_or(0) + args["b"].as<double>().value_or(0);
//     });
//     app.start().value();
//
// Everything is registered before start(). Handlers run on the loop thread and must not wait there;
// a handler that works long takes a Reply, or an executor.
//
// Patterns of a path: `/users/{id}` matches one segment, `/files/{path...}` the rest of the path.
// A literal segment wins over a parameter. The paths of tidewire itself are reserved: /methods,
// /topics, /socket, /jobs, /tickets, /healthz, /readyz, /metrics, /openapi.json, /asyncapi.json,
// /_tidewire; of these it answers /healthz (the process is alive), /readyz (it wants requests) and
// /metrics (Prometheus' text format; for admin, or callers on this machine when there are no
// hooks). A path that exists for other methods only answers method_not_allowed with Allow; HEAD
// is answered from GET.
#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <vector>

#include <tidewire/compression.hpp>
#include <tidewire/cors.hpp>
#include <tidewire/executor.hpp>
#include <tidewire/function.hpp>
#include <tidewire/handler.hpp>
#include <tidewire/limits.hpp>
#include <tidewire/middleware.hpp>
#include <tidewire/principal.hpp>
#include <tidewire/reply.hpp>
#include <tidewire/request.hpp>
#include <tidewire/response.hpp>
#include <tidewire/result.hpp>
#include <tidewire/runtime.hpp>
#include <tidewire/stream.hpp>
#include <tidewire/tls.hpp>
#include <tidewire/value.hpp>

namespace tidewire {

class Host;

struct ServerOptions {
    // "host:port", "[::1]:port", port 0 takes a free one; or "unix:/run/app.sock", a file that is
    // removed at the end, and replaced when nobody listens on it any more.
    std::string address = "127.0.0.1:8080";
    std::size_t loops = 1;                    // threads, when no runtime is given
    Limits limits = {};
    bool debug = false;  // error messages of handlers go to the caller
    // The names that a request's Host may have, "example.com" (any port) or "example.com:8080";
    // anything else is `misdirected`. On loopback the loopback names are always among them, and
    // the only ones by default; elsewhere the default is any. "*" takes every name.
    std::vector<std::string> hosts = {};
    std::optional<Tls> tls = std::nullopt;    // speaks https:// on its address
    std::optional<Cors> cors = std::nullopt;  // which pages of other origins may use the server
    std::optional<Compression> compression = std::nullopt;  // which answers leave compressed
    std::shared_ptr<Runtime> runtime = nullptr;
    std::shared_ptr<Host> host = nullptr;  // for language bindings: whose stall is watched
};

struct RouteOptions {
    Executor* executor = nullptr;  // where the handler runs, instead of on the loop thread
};

struct ServerStats {
    std::uint64_t connections = 0;           // open now
    std::uint64_t connections_accepted = 0;  // since start
    std::uint64_t requests = 0;              // answered or not, since start
    std::uint64_t requests_in_flight = 0;    // not answered yet
    std::uint64_t requests_cancelled = 0;    // caller gone or deadline passed before the answer
    std::uint64_t protocol_errors = 0;       // connections ended for what their peer sent
    double app_stall_seconds = 0;            // see Host; 0 without one
};

namespace api {
class ServerImpl;
}

class Server {
public:
    explicit Server(ServerOptions options = {});
    ~Server();  // stop() without grace
    Server(Server&&) noexcept;
    Server& operator=(Server&&) noexcept;

    // Registers a handler for one HTTP method and pattern. misuse after start(); invalid_argument
    // for a bad, reserved or already taken pattern.
    Result<void> route(std::string_view http_method, std::string_view pattern, Handler handler,
                       RouteOptions options = {});
    Result<void> route_async(std::string_view http_method, std::string_view pattern,
                             AsyncHandler handler);

    // The same for those who write routes in a row: the first failure is kept and given by start().
    template <class F>
    Server& get(std::string_view pattern, F handler) {
        return keep(any("GET", pattern, {}, std::move(handler)));
    }
    template <class F>
    Server& post(std::string_view pattern, F handler) {
        return keep(any("POST", pattern, {}, std::move(handler)));
    }
    template <class F>
    Server& post(std::string_view pattern, RouteOptions options, F handler) {
        return keep(any("POST", pattern, options, std::move(handler)));
    }
    template <class F>
    Server& put(std::string_view pattern, F handler) {
        return keep(any("PUT", pattern, {}, std::move(handler)));
    }
    template <class F>
    Server& patch(std::string_view pattern, F handler) {
        return keep(any("PATCH", pattern, {}, std::move(handler)));
    }
    template <class F>
    Server& del(std::string_view pattern, F handler) {  // `delete` is a keyword
        return keep(any("DELETE", pattern, {}, std::move(handler)));
    }

    // Registers a named method: POST /methods/{name} with the arguments as a JSON body (an empty
    // body is null). Names are tokens of [A-Za-z0-9_-] joined by single dots, 1 to 250 characters.
    // The handler takes (args) or (args, context) and returns Result<Value> or Value, or takes
    // (args, context, Reply) and returns nothing. One that takes a StreamWriter in place of the
    // Reply streams its reply, one that takes a StreamReader in place of the arguments is sent a
    // stream of them: see stream.hpp. Those run on the loop thread, or on `options.executor`.
    template <class F>
    Server& method(std::string_view name, F handler) {
        return method(name, MethodOptions{}, std::move(handler));
    }
    template <class F>
    Server& method(std::string_view name, MethodOptions options, F handler) {
        if constexpr (std::is_invocable_v<F&, Value, Request, StreamWriter>) {
            return keep(method_stream(name, StreamHandler(std::move(handler)), options));
        } else if constexpr (std::is_invocable_v<F&, StreamReader, Request, StreamWriter>) {
            return keep(method_stream(name, DuplexHandler(std::move(handler)), options));
        } else if constexpr (std::is_invocable_v<F&, StreamReader, Request, Reply>) {
            return keep(method_stream(name, StreamedRequestHandler(std::move(handler)), options));
        } else if constexpr (std::is_invocable_v<F&, Value, Request, Reply>) {
            return keep(method_async(name, AsyncMethodHandler(std::move(handler)), options));
        } else if constexpr (std::is_invocable_v<F&, const Value&, const Request&>) {
            return keep(method_sync(name, MethodHandler(std::move(handler)), options));
        } else {
            auto bare = [handler = std::move(handler)](const Value& args, const Request&) mutable {
                return Result<Value>(handler(args));
            };
            return keep(method_sync(name, std::move(bare), options));
        }
    }
    Result<void> method_sync(std::string_view name, MethodHandler handler,
                             MethodOptions options = {});
    Result<void> method_async(std::string_view name, AsyncMethodHandler handler,
                              MethodOptions options = {});
    Result<void> method_stream(std::string_view name, StreamHandler handler,
                               MethodOptions options = {});
    Result<void> method_stream(std::string_view name, StreamedRequestHandler handler,
                               MethodOptions options = {});
    Result<void> method_stream(std::string_view name, DuplexHandler handler,
                               MethodOptions options = {});
    // For language bindings: the request as it came, its Content-Type checked. With `scan_json` the
    // body is also known to be JSON within the limits, and Request::json_has_unsafe_integer()
    // tells.
    Result<void> method_raw(std::string_view name, AsyncHandler handler, bool scan_json,
                            MethodOptions options = {});

    // The hooks: see principal.hpp and middleware.hpp. One of each of the first two.
    template <class F>
    Server& authenticate(F hook) {
        using Done = Function<void(Result<std::optional<Principal>>)>;
        if constexpr (std::is_invocable_v<F&, Request, Done>) {
            return keep(authenticate_async(AsyncAuthenticator(std::move(hook))));
        } else {
            return keep(authenticate_sync(Authenticator(std::move(hook))));
        }
    }
    template <class F>
    Server& authorize(F hook) {
        using Done = Function<void(Result<bool>)>;
        if constexpr (std::is_invocable_v<F&, Request, Action, std::string, Done>) {
            return keep(authorize_async(AsyncAuthorizer(std::move(hook))));
        } else {
            return keep(authorize_sync(Authorizer(std::move(hook))));
        }
    }
    Result<void> authenticate_sync(Authenticator hook);
    Result<void> authenticate_async(AsyncAuthenticator hook);
    Result<void> authorize_sync(Authorizer hook);
    Result<void> authorize_async(AsyncAuthorizer hook);
    // For language bindings, both in one: `hook` answers 200 with {"id", "claims"} as JSON, 204 for
    // nobody who may all the same, or with the problem that is the caller's answer.
    Result<void> admission_raw(AsyncHandler hook);
    // Around every route and method, the first one outermost. start() refuses it on a server that
    // has handlers with a Reply.
    Server& middleware(Middleware layer);

    // Binds and serves. The first failed registration, or an error of the address (in use, not
    // allowed, not understood: invalid_argument or unavailable), or of a certificate or key.
    Result<void> start();
    // Stops accepting, answers what is under way for at most `grace`, then ends every connection
    // and waits for all that. A negative grace takes Limits::stop_grace. misuse on a loop thread.
    Result<void> stop(std::chrono::milliseconds grace = std::chrono::milliseconds(-1));
    // The same without waiting: `done` runs once, on a loop thread.
    void stop_async(std::chrono::milliseconds grace, Function<void()> done);

    // Handshakes that begin from now on use these certificates; connections go on with theirs.
    // misuse for a server that does not serve or has no TLS, invalid_argument as at start(): then
    // nothing changes. Any thread; reads the files, so not on a loop.
    Result<void> reload_tls(const Tls& tls);

    // What GET /readyz says from now on: 200, or 503 `unavailable` when not ready, and from stop()
    // on. True at first. Any thread.
    void set_ready(bool ready) noexcept;

    [[nodiscard]] std::string url() const;          // "http://127.0.0.1:8080"; empty before start()
    [[nodiscard]] std::uint16_t port() const;       // 0 before start(), or on a Unix socket
    [[nodiscard]] ServerStats stats() const;

private:
    template <class F>
    Result<void> any(std::string_view http_method, std::string_view pattern, RouteOptions options,
                     F handler) {
        if constexpr (std::is_invocable_v<F&, Request, Reply>) {
            return route_async(http_method, pattern, AsyncHandler(std::move(handler)));
        } else {
            return route(http_method, pattern, Handler(std::move(handler)), options);
        }
    }
    Server& keep(Result<void> registered);

    std::unique_ptr<api::ServerImpl> impl_;
};

}  // namespace tidewire
