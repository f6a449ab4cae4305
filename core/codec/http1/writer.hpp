// Bytes of HTTP/1.1 messages (RFC 9112). Each function appends to `out` and allocates nothing else.
//
// The writer owns the framing: Content-Length, Connection, Date and Host are its own, so callers
// leave them out of `headers` (framing_field() tells which). Header text is checked when it is
// added to Headers, not here.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include <tidewire/headers.hpp>

namespace tidewire::codec::http1 {

// Instead of the size of a body whose size is not known at its head.
inline constexpr std::size_t kChunked = static_cast<std::size_t>(-1);      // write_chunk()
inline constexpr std::size_t kUntilClose = static_cast<std::size_t>(-2);   // HTTP/1.0 responses

struct ResponseLine {
    int status = 200;                 // 100..599
    std::string_view content_type{};  // empty: no such field
    bool keep_alive = true;           // false: Connection: close
    int version_minor = 1;            // of the request; 1.0 gets an explicit keep-alive
    std::string_view date{};          // IMF-fixdate, RFC 9110 5.6.7; empty: no such field
};

// The head of a response with a body of `body_bytes`. Statuses without a body (1xx, 204, 304) get
// no Content-Length.
void write_response_head(std::string& out, const ResponseLine& line, const Headers& headers,
                         std::size_t body_bytes);

struct RequestLine {
    std::string_view method{};
    std::string_view target{};
    std::string_view host{};  // value of Host
    std::string_view content_type{};
    long long timeout_ms = -1;  // Tidewire-Timeout-Ms; negative: no such field
};

// The head of a request. Content-Length is left out when there is no body and the method defines
// none (GET, HEAD, DELETE, OPTIONS).
void write_request_head(std::string& out, const RequestLine& line, const Headers& headers,
                        std::size_t body_bytes);

// One chunk of a chunked body (RFC 9112 7.1); no bytes, no chunk, since an empty one is the last.
void write_chunk(std::string& out, std::string_view bytes);
void write_last_chunk(std::string& out);

// A response before the response (RFC 9110 15.2); contract: 100 <= status < 200, not 101.
void write_interim_head(std::string& out, int status, const Headers& headers);

// True for Connection, Content-Length, Date (responses), Host (requests), Keep-Alive,
// Transfer-Encoding, Upgrade, TE, Trailer and Proxy-Connection: the connection's own.
[[nodiscard]] bool framing_field(std::string_view name) noexcept;

[[nodiscard]] std::string_view reason_phrase(int status) noexcept;

// IMF-fixdate of a time in seconds since 1970: "Sun, 06 Nov 1994 08:49:37 GMT".
[[nodiscard]] std::string http_date(long long unix_seconds);

}  // namespace tidewire::codec::http1
