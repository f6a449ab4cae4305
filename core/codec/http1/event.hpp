// What an HTTP/1.1 parser says (RFC 9112): a Head, then body Chunks, then an End.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>

#include <tidewire/headers.hpp>

namespace tidewire::codec::http1 {

// The limits that the parser keeps; the layer above takes them from tidewire::Limits.
struct ParserLimits {
    std::size_t request_line_bytes_max = 8 * 1024;
    std::size_t header_bytes_max = 32 * 1024;  // all of the head, the first line included
    std::size_t header_fields_max = 100;
    std::size_t body_bytes_max = 16 * 1024 * 1024;
};

// Request fields that few clients send and the layers above ask for at every request.
enum class WebField : std::uint8_t {
    origin = 1,
    accept_encoding = 2,
    content_encoding = 4,
    if_none_match = 8,
};

// Facts of a head that the parser had to find out anyway.
struct Framing {
    bool keep_alive = true;       // of this message, by version and Connection
    bool chunked = false;
    bool upgrade = false;         // Connection: upgrade and an Upgrade field
    bool expect_continue = false; // Expect: 100-continue (requests)
    std::optional<std::size_t> content_length;
    std::int32_t host_index = -1;  // of Host among the fields (requests); -1: none
    std::uint8_t web_fields = 0;   // bits of WebField (requests)

    // One by one: a whole default would be made of bytes on the stack and read from there in one
    // piece, which a CPU has to wait for.
    void clear() noexcept {
        keep_alive = true;
        chunked = false;
        upgrade = false;
        expect_continue = false;
        content_length.reset();
        host_index = -1;
        web_fields = 0;
    }
    [[nodiscard]] bool has(WebField field) const noexcept {
        return (web_fields & static_cast<std::uint8_t>(field)) != 0;
    }
};

// Strings are reused: clear() keeps their room.
struct RequestHead {
    std::string method;
    std::string target;
    int version_minor = 1;  // HTTP/1.x
    Headers headers;
    Framing framing;
    void clear();
};

struct ResponseHead {
    int status = 0;
    int version_minor = 1;
    std::string reason;
    Headers headers;
    Framing framing;
    void clear();
};

// The head stands in parser.head() until the next message begins.
struct HeadEvent {};
struct ChunkEvent {
    std::string_view bytes;  // never empty
};
struct EndEvent {};

using Event = std::variant<HeadEvent, ChunkEvent, EndEvent>;

// The same without an object to be made and taken apart, for the connection that asks three times
// a request.
enum class Signal : std::uint8_t { need_more, head, chunk, end, failed };

}  // namespace tidewire::codec::http1
