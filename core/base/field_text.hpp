// The characters of HTTP field names and values (RFC 9110 5.5 and 5.6.2).
#pragma once

#include <array>
#include <cstddef>
#include <string_view>

namespace tidewire::base {

namespace detail {

constexpr std::array<bool, 256> token_table() {
    std::array<bool, 256> table{};
    for (const char c : std::string_view("!#$%&'*+-.^_`|~")) {
        table[static_cast<unsigned char>(c)] = true;
    }
    for (std::size_t c = '0'; c <= '9'; ++c) table[c] = true;
    for (std::size_t c = 'A'; c <= 'Z'; ++c) table[c] = true;
    for (std::size_t c = 'a'; c <= 'z'; ++c) table[c] = true;
    return table;
}
inline constexpr std::array<bool, 256> kTokenTable = token_table();

}  // namespace detail

[[nodiscard]] constexpr bool is_token_character(char c) noexcept {
    return detail::kTokenTable[static_cast<unsigned char>(c)];
}

[[nodiscard]] constexpr bool is_token(std::string_view text) noexcept {
    for (const char c : text) {
        if (!is_token_character(c)) return false;
    }
    return !text.empty();
}

// Controls are refused except the tab; bytes above 127 are obs-text and pass.
[[nodiscard]] constexpr bool is_field_value(std::string_view text) noexcept {
    for (const char c : text) {
        const auto byte = static_cast<unsigned char>(c);
        if ((byte < 0x20 && byte != '\t') || byte == 0x7f) return false;
    }
    return true;
}

[[nodiscard]] constexpr std::string_view trim_blanks(std::string_view text) noexcept {
    constexpr auto kBlank = [](char c) { return c == ' ' || c == '\t'; };
    while (!text.empty() && kBlank(text.front())) text.remove_prefix(1);
    while (!text.empty() && kBlank(text.back())) text.remove_suffix(1);
    return text;
}

}  // namespace tidewire::base
