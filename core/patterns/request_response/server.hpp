// The server's side of request-response: which handler answers an exchange, and what becomes of its
// value, its error or its silence.
//
// Routes answer any path and method; methods answer POST /methods/{name} with JSON or Cap'n Proto
// in and out, pure ones GET /methods/{name}?args=JSON too, with an ETag. A Service is filled before
// it serves and is immutable afterwards, so all loops share one.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include <tidewire/handler.hpp>
#include <tidewire/limits.hpp>
#include <tidewire/middleware.hpp>

#include "http/exchange.hpp"
#include "http/guard.hpp"
#include "http/representation.hpp"
#include "http/router.hpp"
#include "patterns/request_response/admission.hpp"

namespace tidewire::patterns::request_response {

inline constexpr std::string_view kMethodsPrefix = "/methods/";

[[nodiscard]] bool streams_reply(Streams streams) noexcept;
[[nodiscard]] bool streams_request(Streams streams) noexcept;

class Service final : public http::ExchangeHandler,
                      public std::enable_shared_from_this<Service>,
                      private http::AnswerShaper {
public:
    Service(const Limits& limits, bool debug) : limits_(limits), debug_(debug) {}

    Result<void> add_route(std::string_view http_method, std::string_view pattern, Handler handler,
                           Executor* executor);
    Result<void> add_async_route(std::string_view http_method, std::string_view pattern,
                                 AsyncHandler handler);
    Result<void> add_method(std::string_view name, MethodHandler handler,
                            const MethodOptions& options = {});
    Result<void> add_async_method(std::string_view name, AsyncMethodHandler handler,
                                  const MethodOptions& options = {});
    Result<void> add_raw_method(std::string_view name, AsyncHandler handler, bool scan_json,
                                const MethodOptions& options = {});

    Result<void> add_stream_method(std::string_view name, StreamHandler handler,
                                   MethodOptions options = {});
    Result<void> add_stream_method(std::string_view name, StreamedRequestHandler handler,
                                   MethodOptions options = {});
    Result<void> add_stream_method(std::string_view name, DuplexHandler handler,
                                   MethodOptions options = {});

    // The server's own: GET, outside of middleware. `admin` is asked of the hooks; without any,
    // only callers on this machine may.
    enum class Access : std::uint8_t { all, admin };
    Result<void> add_own_route(std::string_view path, Access access,
                               std::function<Response()> answer);
    // What may be asked for, by number; number 0 is nothing that is known.
    [[nodiscard]] const std::vector<std::string>& operations() const noexcept {
        return operations_;
    }

    // Who asks, and whether it may.
    [[nodiscard]] Admission& admission() noexcept { return admission_; }
    void add_middleware(Middleware layer) { middleware_.push_back(std::move(layer)); }
    // Before it serves: misuse when middleware would have to stand around a handler that takes a
    // Reply, whose answer it cannot wait for.
    [[nodiscard]] Result<void> ready() const;
    void set_guard(http::Guard guard) { guard_ = std::move(guard); }
    void set_representation(http::Representation rules) { representation_ = std::move(rules); }

    // Bodies are collected, but those of methods that take a stream, and of a caller that asks
    // first and that on_exchange() will refuse.
    [[nodiscard]] http::BodyMode on_head(http::Exchange& exchange) override;
    void on_exchange(http::Exchange& exchange) override;

private:
    struct Route {
        Handler handler;
        AsyncHandler async_handler;
        Executor* executor = nullptr;
        std::string name = {};  // "GET /users/{id}"
        std::function<Response()> own = {};
        Access access = Access::all;
        std::uint32_t number = 0;
    };
    // One of the three handlers is set.
    struct Method {
        MethodHandler handler;
        AsyncMethodHandler async_handler;
        AsyncHandler raw_handler;
        bool scan_json = false;
        bool pure = false;
        std::uint32_t number = 0;
        Streams streams = Streams::none;
    };
    struct Hash {
        using is_transparent = void;
        std::size_t operator()(std::string_view text) const noexcept {
            return std::hash<std::string_view>{}(text);
        }
    };

    Result<void> insert_route(std::string_view http_method, std::string_view pattern, Route route);
    Result<void> take_route(std::string_view http_method, std::string_view pattern, Route route);
    void call_own(const Route& route, http::Exchange& exchange) const;
    [[nodiscard]] std::uint32_t number_for(std::string name);
    Result<void> insert_method(std::string_view name, Method method);
    void shape(const http::Exchange& exchange, Response& response) const override;
    [[nodiscard]] std::unique_ptr<codec::Compressor> shape_head(
        const http::Exchange& exchange, Response& response) const override;
    // Why a method cannot read these arguments, or not reply as is wanted; or nothing.
    [[nodiscard]] std::optional<Error> content_mismatch(const Method& method,
                                                        http::Exchange& exchange) const;
    [[nodiscard]] Result<Value> read_args(const http::Exchange& exchange) const;
    [[nodiscard]] bool wants_streamed(const http::Exchange& exchange) const;
    // Takes the arguments of a pure method from the query; false: it was answered.
    [[nodiscard]] bool take_query_args(http::Exchange& exchange) const;
    // Whether on_exchange() refuses it for its head alone.
    [[nodiscard]] bool refused_by_head(http::Exchange& exchange) const;
    void run_route(http::Exchange& exchange, std::string_view path);
    void run_method(http::Exchange& exchange, std::string_view name);
    // Goes on with `next` when the hooks admit the exchange, perhaps later.
    void admit(http::Exchange& exchange, std::string_view name, Function<void()> next) const;
    void call_route(const Route& route, http::Exchange& exchange);
    // The handler inside of the middleware from `index` on.
    [[nodiscard]] Response through(std::size_t index, const Request& request,
                                   const Next& last) const;
    void call_method(const Method& method, http::Exchange& exchange);
    void call_with_value(const Method& method, http::Exchange& exchange);
    void run(const Handler& handler, http::Exchange& exchange) const;
    // Runs user code; what it throws becomes the answer.
    template <class F>
    void guarded(http::Exchange& exchange, F run) const;
    [[nodiscard]] bool start_deadline(http::Exchange& exchange) const;
    // What a caller is told of an exception: its text only with `debug`.
    [[nodiscard]] Response thrown(const char* what) const;

    const Limits limits_;
    const bool debug_;
    http::Guard guard_;
    http::Representation representation_;
    Admission admission_;
    std::vector<Middleware> middleware_;
    http::Router router_;
    std::vector<Route> routes_;
    std::vector<std::string> operations_{""};
    std::unordered_map<std::string, Method, Hash, std::equal_to<>> methods_;
};

// True for a topic's or method's name: tokens of [A-Za-z0-9_-] joined by single dots, 1 to 250
// characters.
[[nodiscard]] bool valid_name(std::string_view name) noexcept;

}  // namespace tidewire::patterns::request_response
