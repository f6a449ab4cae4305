#include "codec/http1/chunk_line.hpp"

#include <algorithm>
#include <charconv>

#include "base/field_text.hpp"

namespace tidewire::codec::http1 {
namespace {

constexpr std::size_t kSizeDigitsMax = 16;

void skip_token(std::string_view& text) noexcept {
    while (!text.empty() && base::is_token_character(text.front())) text.remove_prefix(1);
}

// Takes a quoted-string (RFC 9110 5.6.4) from the front.
bool take_quoted(std::string_view& text) noexcept {
    text.remove_prefix(1);
    while (!text.empty()) {
        const char c = text.front();
        text.remove_prefix(1);
        if (c == '"') return true;
        if (c != '\\') continue;
        if (text.empty()) return false;
        text.remove_prefix(1);
    }
    return false;
}

bool take_extension(std::string_view& text) noexcept {
    text.remove_prefix(1);
    const std::size_t before = text.size();
    skip_token(text);
    if (text.size() == before) return false;
    if (!text.starts_with('=')) return true;
    text.remove_prefix(1);
    if (text.starts_with('"')) return take_quoted(text);
    const std::size_t value_before = text.size();
    skip_token(text);
    return text.size() != value_before;
}

}  // namespace

std::optional<std::uint64_t> parse_chunk_line(std::string_view line) noexcept {
    std::uint64_t size = 0;
    const char* const last = line.data() + std::min(line.size(), kSizeDigitsMax);
    // from_chars takes no sign and no prefix for unsigned numbers, and 16 digits cannot overflow.
    const auto [end, code] = std::from_chars(line.data(), last, size, 16);
    if (code != std::errc{}) return std::nullopt;
    line.remove_prefix(static_cast<std::size_t>(end - line.data()));
    if (!base::is_field_value(line)) return std::nullopt;
    while (line.starts_with(';')) {
        if (!take_extension(line)) return std::nullopt;
    }
    if (!line.empty()) return std::nullopt;
    return size;
}

}  // namespace tidewire::codec::http1
