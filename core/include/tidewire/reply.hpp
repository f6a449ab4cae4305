// Reply: the right to answer one request, once, from any thread.
//
// Dropped unanswered, it answers `internal`, so that no caller waits for ever. What is sent after
// the caller has gone or the deadline has passed is dropped; `send` then returns false.
#pragma once

#include <tidewire/error.hpp>
#include <tidewire/response.hpp>

namespace tidewire {

class Value;
namespace http {
class Exchange;
}

class Reply {
public:
    Reply() noexcept = default;
    explicit Reply(http::Exchange* exchange) noexcept;
    Reply(Reply&& other) noexcept;
    Reply& operator=(Reply&& other) noexcept;
    Reply(const Reply&) = delete;
    Reply& operator=(const Reply&) = delete;
    ~Reply();

    explicit operator bool() const noexcept { return exchange_ != nullptr; }

    bool send(Response response);
    // 200 and the value, by the serializer that the caller wants. Defined in
    // patterns/request_response.
    bool send(const Value& value);
    // The error as application/problem+json.
    bool fail(const Error& error);
    // For StreamWriter, which answers in its place: gives the right up without an answer.
    void give_over() noexcept;

private:
    http::Exchange* exchange_ = nullptr;
};

}  // namespace tidewire
