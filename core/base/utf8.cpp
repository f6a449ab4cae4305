#include "base/utf8.hpp"

#include <array>
#include <cstddef>
#include <cstdint>

namespace tidewire::base {
namespace {

// Length of a sequence and the range of its second byte, which is where overlong forms, surrogates
// and values above U+10FFFF show (RFC 3629 4).
struct Lead {
    std::uint8_t size;
    std::uint8_t second_min;
    std::uint8_t second_max;
};

constexpr Lead lead_of(std::uint8_t byte) {
    if (byte < 0x80) return {1, 0, 0};
    if (byte < 0xc2) return {0, 0, 0};
    if (byte < 0xe0) return {2, 0x80, 0xbf};
    if (byte == 0xe0) return {3, 0xa0, 0xbf};
    if (byte == 0xed) return {3, 0x80, 0x9f};
    if (byte < 0xf0) return {3, 0x80, 0xbf};
    if (byte == 0xf0) return {4, 0x90, 0xbf};
    if (byte < 0xf4) return {4, 0x80, 0xbf};
    if (byte == 0xf4) return {4, 0x80, 0x8f};
    return {0, 0, 0};
}

}  // namespace

bool is_utf8(std::string_view text) noexcept {
    std::size_t i = 0;
    while (i < text.size()) {
        const Lead lead = lead_of(static_cast<std::uint8_t>(text[i]));
        if (lead.size == 0 || text.size() - i < lead.size) return false;
        for (std::size_t k = 1; k < lead.size; ++k) {
            const auto byte = static_cast<std::uint8_t>(text[i + k]);
            const std::uint8_t low = k == 1 ? lead.second_min : 0x80;
            const std::uint8_t high = k == 1 ? lead.second_max : 0xbf;
            if (byte < low || byte > high) return false;
        }
        i += lead.size;
    }
    return true;
}

}  // namespace tidewire::base
