// Any value as a Cap'n Proto message, by schemas/value.capnp: for ends that share no schema.
//
// Beside what JSON can say it keeps numbers that are not finite, and bytes. The framing is that of
// the standard (a table of segments before them): https://capnproto.org/encoding.html
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include <tidewire/result.hpp>
#include <tidewire/value.hpp>

namespace tidewire {

// What a message of a peer may ask for.
struct MessageLimits {
    // Words of eight bytes that are looked at; those that several pointers lead to count each time.
    std::size_t traversal_words_max = 8 * 1024 * 1024;
    std::size_t nesting_max = 64;                     // pointers inside each other
    std::size_t message_bytes_max = 16 * 1024 * 1024;  // of a packed message, unpacked
};

// invalid_argument for text that is not UTF-8, and for values nested deeper than 64.
[[nodiscard]] Result<std::string> encode_message(const Value& value);
// invalid_data for what is no such message, or over a limit.
[[nodiscard]] Result<Value> decode_message(std::string_view message,
                                           const MessageLimits& limits = {});

// The packed framing of a message: smaller, and slower. invalid_argument for what is no message.
[[nodiscard]] Result<std::string> pack_message(std::string_view message);
// Undoes it; invalid_data when it is cut short or longer than `message_bytes_max`.
[[nodiscard]] Result<std::string> unpack_message(std::string_view packed,
                                                 const MessageLimits& limits = {});

}  // namespace tidewire
