// HTTP/1.1 parsers without I/O (RFC 9112), requests and responses: the grammar is Boost.Beast's, on
// top of it stands the strictness that keeps request smuggling out.
//
// Refused beyond what the grammar refuses, each as protocol_error, never repaired:
//   Content-Length beside Transfer-Encoding; several Content-Length fields or a list in one, a
//   sign, anything but digits; a Transfer-Encoding other than exactly `chunked`; Transfer-Encoding
//   in HTTP/1.0; obs-fold; bare CR or LF, NUL; white space before the colon; HTTP/1.1 without
//   exactly one Host; versions other than 1.0 and 1.1; chunk sizes that are not 1 to 16 hex digits,
//   chunk extensions over 4 KiB.
// Limits: uri_too_long, header_too_large, payload_too_large (declared: at the head; chunked: at the
// limit). Trailers are parsed and dropped. Empty lines before a message are skipped, up to 1 KiB.
//
// An end of the input in the middle of a message is connection_lost. After a message that says
// `Connection: close` what follows is dropped unread (RFC 9112 9.6).
//
// A request parser goes on with the next request by itself (pipelining): bytes after an End stay
// with it. `unread()` gives those that no event has consumed, for a connection that changes its
// protocol. See codec/decoder.hpp for the contract of feed, feed_eof and next.
#pragma once

#include <cstddef>
#include <memory>
#include <optional>
#include <string_view>

#include <tidewire/result.hpp>

#include "codec/http1/event.hpp"

namespace tidewire::codec::http1 {

class RequestParser {
public:
    using Event = http1::Event;

    explicit RequestParser(const ParserLimits& limits);
    ~RequestParser();
    RequestParser(const RequestParser&) = delete;
    RequestParser& operator=(const RequestParser&) = delete;

    void feed(std::string_view bytes);
    void feed_eof();
    [[nodiscard]] Result<std::optional<Event>> next();
    // What next() says, in parts: after `chunk` its bytes, after `failed` the error.
    [[nodiscard]] Signal poll();
    [[nodiscard]] std::string_view chunk() const noexcept;
    [[nodiscard]] const Error& error() const noexcept;

    // Instead of body_bytes_max, from now on. Of a message whose head has come already it holds for
    // what its chunks say; a declared length was judged at the head.
    void limit_body(std::size_t bytes_max) noexcept;

    // Of the message whose HeadEvent came last.
    [[nodiscard]] RequestHead& head() noexcept;
    // Writes the next head, that one only, into `head` instead, whose strings keep their room. It
    // must last until the HeadEvent of that message, or the parser.
    void put_next_head_into(RequestHead& head) noexcept;
    // True while no first line of a next message is whole.
    [[nodiscard]] bool between() const noexcept;
    // True between messages, when no byte of a next one has come: an end here cuts nothing.
    [[nodiscard]] bool idle() const noexcept;
    [[nodiscard]] std::string_view unread() const noexcept;
    // After an Error: it is for the version of the request, neither 1.0 nor 1.1.
    [[nodiscard]] bool version_unsupported() const noexcept;

private:
    class Impl;  // keeps Boost's headers in one translation unit
    std::unique_ptr<Impl> impl_;
};

class ResponseParser {
public:
    using Event = http1::Event;

    explicit ResponseParser(const ParserLimits& limits);
    ~ResponseParser();
    ResponseParser(const ResponseParser&) = delete;
    ResponseParser& operator=(const ResponseParser&) = delete;

    // Once before each response, since HEAD and CONNECT change its framing (RFC 9112 6.3).
    void expect(bool head_request);
    // Instead of body_bytes_max, for the messages whose heads come from now on.
    void limit_body(std::size_t bytes_max) noexcept;

    void feed(std::string_view bytes);
    void feed_eof();  // also ends a body that has no length
    // 1xx responses give a HeadEvent and an EndEvent of their own (101 is the last of its message).
    [[nodiscard]] Result<std::optional<Event>> next();

    [[nodiscard]] ResponseHead& head() noexcept;
    [[nodiscard]] bool idle() const noexcept;
    [[nodiscard]] std::string_view unread() const noexcept;

private:
    class Impl;
    std::unique_ptr<Impl> impl_;
};

}  // namespace tidewire::codec::http1
