// Any bytes as a message, and as a packed one: a value within the limits, or an error; what was
// read can be written, and is read again as the same.

#include <cstdint>
#include <stdexcept>
#include <string_view>

#include <tidewire/capnp_message.hpp>

#include "cpp/fuzz/fuzz.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string_view bytes = tidewire::fuzz::text_of(data, size);
    tidewire::MessageLimits limits;
    limits.message_bytes_max = 64 * 1024;
    limits.traversal_words_max = 64 * 1024;
    (void)tidewire::unpack_message(bytes, limits);
    const auto value = tidewire::decode_message(bytes, limits);
    if (!value) return 0;
    const auto written = tidewire::encode_message(*value);
    if (!written) throw std::logic_error("what was read cannot be written");
    const auto again = tidewire::decode_message(*written);
    if (!again || tidewire::encode_message(*again).value() != *written) {
        throw std::logic_error("what was written reads otherwise");
    }
    return 0;
}
