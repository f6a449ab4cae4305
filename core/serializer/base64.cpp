#include "serializer/base64.hpp"

#include <algorithm>
#include <array>
#include <cstdint>

namespace tidewire::serializer {
namespace {

constexpr std::string_view kLetters =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
constexpr std::uint8_t kNoLetter = 0xff;

constexpr std::array<std::uint8_t, 256> kSixBits = [] {
    std::array<std::uint8_t, 256> table{};
    table.fill(kNoLetter);
    for (std::size_t i = 0; i < kLetters.size(); ++i) {
        table[static_cast<unsigned char>(kLetters[i])] = static_cast<std::uint8_t>(i);
    }
    return table;
}();

std::uint32_t byte_at(std::string_view bytes, std::size_t at) noexcept {
    return at < bytes.size() ? static_cast<unsigned char>(bytes[at]) : 0U;
}

}  // namespace

void base64_append(std::string& out, std::string_view bytes) {
    out.reserve(out.size() + (bytes.size() + 2) / 3 * 4);
    for (std::size_t i = 0; i < bytes.size(); i += 3) {
        const std::uint32_t group =
            byte_at(bytes, i) << 16 | byte_at(bytes, i + 1) << 8 | byte_at(bytes, i + 2);
        const std::size_t letters = std::min<std::size_t>(bytes.size() - i, 3) + 1;
        for (std::size_t k = 0; k < 4; ++k) {
            out.push_back(k < letters ? kLetters[group >> (18 - 6 * k) & 63] : '=');
        }
    }
}

std::string base64_encode(std::string_view bytes) {
    std::string out;
    base64_append(out, bytes);
    return out;
}

std::optional<std::string> base64_decode(std::string_view text) {
    if (text.size() % 4 != 0) return std::nullopt;
    std::size_t padding = 0;
    if (text.ends_with("==")) padding = 2;
    else if (text.ends_with('=')) padding = 1;
    text.remove_suffix(padding);

    std::string bytes;
    bytes.reserve(text.size() * 3 / 4);
    std::uint32_t bits = 0;
    unsigned count = 0;
    for (const char letter : text) {
        const std::uint8_t six = kSixBits[static_cast<unsigned char>(letter)];
        if (six == kNoLetter) return std::nullopt;
        bits = (bits << 6 | six) & 0xffffU;
        count += 6;
        if (count < 8) continue;
        count -= 8;
        bytes.push_back(static_cast<char>(bits >> count & 0xffU));
    }
    // What is over must be the zeros of the last letter.
    if ((bits & ((1U << count) - 1U)) != 0) return std::nullopt;
    return bytes;
}

}  // namespace tidewire::serializer
