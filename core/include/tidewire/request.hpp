// Request: what a handler is given. A handle to one exchange of a server; copies share it.
//
// It may be kept and read from any thread after the handler returned; views that it gives last as
// long as one copy of it. The body is complete and within `Limits::body_bytes_max`.
#pragma once

#include <chrono>
#include <cstddef>
#include <optional>
#include <stop_token>
#include <string>
#include <string_view>

#include <tidewire/headers.hpp>
#include <tidewire/result.hpp>
#include <tidewire/serializer.hpp>

namespace tidewire {

class Value;
struct Principal;
namespace http {
class Exchange;
}

class Request {
public:
    Request() noexcept = default;
    explicit Request(http::Exchange* exchange) noexcept;
    Request(const Request& other) noexcept;
    Request(Request&& other) noexcept;
    Request& operator=(Request other) noexcept;
    ~Request();

    // False for a default-constructed one, on which nothing else may be called.
    explicit operator bool() const noexcept { return exchange_ != nullptr; }

    [[nodiscard]] std::string_view method() const noexcept;  // "GET"
    [[nodiscard]] std::string_view target() const noexcept;  // as sent: "/users/7?full=1"
    [[nodiscard]] std::string_view path() const noexcept;    // as sent, still %-encoded: "/users/7"
    [[nodiscard]] std::string_view query_string() const noexcept;  // without "?": "full=1"
    // The first value of that name, decoded ("+" and %XX, as HTML forms write it).
    [[nodiscard]] std::optional<std::string> query(std::string_view name) const;

    // The part of the path that stands for `{name}` in the route, decoded; empty if there is none.
    [[nodiscard]] std::string_view param(std::string_view name) const noexcept;
    struct Param {
        std::string_view name;
        std::string_view value;
    };
    [[nodiscard]] std::size_t param_count() const noexcept;
    [[nodiscard]] Param param_at(std::size_t index) const noexcept;

    [[nodiscard]] const Headers& headers() const noexcept;
    [[nodiscard]] std::string_view content_type() const noexcept;  // empty if none was sent
    [[nodiscard]] std::string_view body() const noexcept;
    // The body as JSON; invalid_argument when it is none. Defined in patterns/request_response.
    [[nodiscard]] Result<Value> json() const;
    // Of a method: its arguments, by the serializer that they came in, and that its caller wants
    // the reply in. Defined in patterns/request_response.
    [[nodiscard]] Result<Value> args() const;
    [[nodiscard]] Serializer args_serializer() const noexcept;
    [[nodiscard]] Serializer reply_serializer() const noexcept;
    [[nodiscard]] std::string_view peer() const noexcept;  // "127.0.0.1:51234"
    // Who asks, by the hook of authentication; null when nobody said.
    [[nodiscard]] const Principal* principal() const noexcept;
    // What it asks for: the name of a method, "add", or of a route, "GET /users/{id}".
    [[nodiscard]] std::string_view operation() const noexcept;
    // The name of the Action that its hooks are asked for: "call", or "admin".
    [[nodiscard]] std::string_view action() const noexcept;

    // What is left of the caller's deadline (`Tidewire-Timeout-Ms`), if it set one; never negative.
    [[nodiscard]] std::optional<std::chrono::milliseconds> time_left() const noexcept;
    // True once the caller is gone, has cancelled, or its deadline has passed.
    [[nodiscard]] bool cancelled() const noexcept;
    // Stops when cancelled() becomes true. Callbacks registered on it run on the loop thread.
    [[nodiscard]] std::stop_token stop_token() const;

    // For language bindings, of a method registered with `scan_json`: the body has an integer
    // beyond +-(2^53 - 1), which a reader with doubles only would change.
    [[nodiscard]] bool json_has_unsafe_integer() const noexcept;

    [[nodiscard]] http::Exchange* exchange() const noexcept { return exchange_; }

private:
    http::Exchange* exchange_ = nullptr;
};

}  // namespace tidewire
