// The items of a streamed reply or request as bytes: one envelope a line (application/x-ndjson),
//
//     {"value": ...}      an item
//     {"end": true}       the last line, or
//     {"error": {...}}    the last line: the members of an RFC 9457 problem
//
// and, for browsers, server-sent events named `value`, `end` and `failed`. What ends without its
// last line broke off on the way.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>

#include <tidewire/result.hpp>

namespace tidewire::patterns::request_response {

enum class ItemFraming : std::uint8_t { ndjson, sse };

[[nodiscard]] std::string_view content_type_of(ItemFraming framing) noexcept;
// What a caller that sends this Accept field is given; nothing: neither will do. */* is ndjson.
[[nodiscard]] std::optional<ItemFraming> accepted_framing(std::string_view accept) noexcept;
[[nodiscard]] bool is_ndjson(std::string_view content_type) noexcept;

// Contract: `json` is JSON text without line breaks, as dump() writes it.
void write_item(std::string& out, ItemFraming framing, std::string_view json);
void write_end(std::string& out, ItemFraming framing);
void write_failure(std::string& out, ItemFraming framing, const Error& error);

struct ItemEvent {
    std::string json;  // valid, in one line
};
struct ItemsEndEvent {};
struct ItemsFailedEvent {
    Error error;
};

struct ItemLimits {
    std::size_t line_bytes_max = 16 * 1024 * 1024;
    std::size_t json_depth_max = 64;  // of an item
};

// Reads ndjson; see codec/decoder.hpp for the contract. Empty lines are skipped, members of other
// names ignored. An Error is `wrong` for lines that are no envelopes, payload_too_large for one
// that is too long, protocol_error for bytes after the last line, `cut` when there is none.
class ItemDecoder {
public:
    using Event = std::variant<ItemEvent, ItemsEndEvent, ItemsFailedEvent>;

    // A server says invalid_argument of both: its caller sent it so. To a client they are
    // invalid_data, and connection_lost.
    ItemDecoder(const ItemLimits& limits, ErrorCode wrong, ErrorCode cut)
        : limits_(limits), wrong_(wrong), cut_(cut) {}

    void feed(std::string_view bytes);
    void feed_eof() noexcept { eof_ = true; }
    [[nodiscard]] Result<std::optional<Event>> next();

private:
    [[nodiscard]] Result<std::optional<Event>> read(std::string_view line);
    [[nodiscard]] Result<std::optional<Event>> read_envelope(std::string_view line);
    [[nodiscard]] Error fail(Error error);

    const ItemLimits limits_;
    const ErrorCode wrong_;
    const ErrorCode cut_;
    std::string kept_;
    std::size_t begin_ = 0;    // of what is not read yet, in kept_
    std::size_t scanned_ = 0;  // no line ends before it
    bool eof_ = false;
    bool over_ = false;  // the last line has come
    std::optional<Error> error_;
};

}  // namespace tidewire::patterns::request_response
