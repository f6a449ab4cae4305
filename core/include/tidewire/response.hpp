// Response: what a handler answers, and what a client receives.
//
// Connection, Keep-Alive, Transfer-Encoding, Upgrade and Content-Length belong to the connection:
// a handler that sets one of them in `headers` gets `internal` instead of a broken message.
#pragma once

#include <string>
#include <string_view>
#include <utility>

#include <tidewire/error.hpp>
#include <tidewire/headers.hpp>
#include <tidewire/result.hpp>

namespace tidewire {

class Value;

struct Response {
    int status = 200;          // 200..599
    std::string content_type;  // empty: the field is not sent (or was not received)
    Headers headers;           // received ones include Content-Type and Content-Length
    std::string body;

    // These two meet Value, so they are defined in patterns/request_response.
    // A value that JSON cannot say (NaN, bytes) becomes the problem invalid_argument.
    [[nodiscard]] static Response json(const Value& value, int status = 200);
    // The body as JSON; invalid_data when it is none.
    [[nodiscard]] Result<Value> json() const;

    [[nodiscard]] static Response text(std::string body, int status = 200) {
        return {status, "text/plain; charset=utf-8", {}, std::move(body)};
    }
    [[nodiscard]] static Response bytes(std::string body, std::string content_type,
                                        int status = 200) {
        return {status, std::move(content_type), {}, std::move(body)};
    }
    [[nodiscard]] static Response empty(int status = 204) { return {status, {}, {}, {}}; }

    // RFC 9457 application/problem+json with `code` and `retryable`. A code that has no HTTP status
    // is sent as internal.
    [[nodiscard]] static Response problem(const Error& error);
    // The way back: the error that this response bears, or nothing when status < 400.
    [[nodiscard]] Result<void> error() const;

    friend bool operator==(const Response&, const Response&) = default;
};

}  // namespace tidewire
