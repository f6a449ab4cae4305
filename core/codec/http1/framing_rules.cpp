#include "codec/http1/framing_rules.hpp"

#include <algorithm>
#include <array>
#include <charconv>

namespace tidewire::codec::http1 {
namespace {

std::string_view content_length(std::string_view value, Framing& framing) noexcept {
    if (framing.content_length) return "Content-Length stands more than once.";
    const bool digits = std::ranges::all_of(value, [](char c) { return c >= '0' && c <= '9'; });
    std::size_t length = 0;
    const char* const last = value.data() + value.size();
    const auto [end, code] = std::from_chars(value.data(), last, length);
    if (!digits || code != std::errc{} || end != last) return "Content-Length is not a number.";
    framing.content_length = length;
    return {};
}

std::string_view transfer_encoding(std::string_view value, Framing& framing) noexcept {
    if (framing.chunked) return "Transfer-Encoding stands more than once.";
    if (!equals_ignoring_case(value, "chunked")) {
        return "Transfer-Encoding is something else than chunked.";
    }
    framing.chunked = true;
    return {};
}

// RFC 3986 3.2.2 and 3.2.3: a registered name or an address, and a port.
constexpr std::array<bool, 256> kHostTable = [] {
    std::array<bool, 256> table{};
    for (const char c : std::string_view("-._~%!$&'()*+,;=:[]")) {
        table[static_cast<unsigned char>(c)] = true;
    }
    for (std::size_t c = '0'; c <= '9'; ++c) table[c] = true;
    for (std::size_t c = 'A'; c <= 'Z'; ++c) table[c] = table[c - 'A' + 'a'] = true;
    return table;
}();

bool is_host(std::string_view value) noexcept {
    return std::ranges::all_of(
        value, [](char c) { return kHostTable[static_cast<unsigned char>(c)]; });
}

constexpr bool is_digit(char c) noexcept { return c >= '0' && c <= '9'; }

}  // namespace

bool names_other_version(std::string_view line) noexcept {
    if (line.ends_with("\r\n")) line.remove_suffix(2);
    constexpr std::string_view kName = " HTTP/";
    constexpr std::size_t kSize = kName.size() + 3;
    if (line.size() < kSize) return false;
    const std::string_view end = line.substr(line.size() - kSize);
    const std::string_view version = end.substr(kName.size());
    return end.starts_with(kName) && is_digit(version[0]) && version[1] == '.' &&
           is_digit(version[2]) && version != "1.0" && version != "1.1";
}

std::string_view FramingRules::field(FramingField field, std::string_view value,
                                     Framing& framing) noexcept {
    switch (field) {
        case FramingField::connection: connection(value); return {};
        case FramingField::content_length: return content_length(value, framing);
        case FramingField::transfer_encoding: return transfer_encoding(value, framing);
        case FramingField::host:
            if (has_host_) return "Host stands more than once.";
            has_host_ = true;
            return is_host(value) ? std::string_view() : "Host is malformed.";
        case FramingField::upgrade: framing.upgrade = true; return {};
        case FramingField::expect:
            framing.expect_continue = equals_ignoring_case(value, "100-continue");
            return {};
    }
    return {};
}

void FramingRules::connection(std::string_view value) noexcept {
    while (!value.empty()) {
        const auto comma = value.find(',');
        std::string_view option = value.substr(0, comma);
        value = comma == std::string_view::npos ? std::string_view{} : value.substr(comma + 1);
        while (option.starts_with(' ') || option.starts_with('\t')) option.remove_prefix(1);
        while (option.ends_with(' ') || option.ends_with('\t')) option.remove_suffix(1);
        close_ = close_ || equals_ignoring_case(option, "close");
        keep_alive_ = keep_alive_ || equals_ignoring_case(option, "keep-alive");
        upgrade_ = upgrade_ || equals_ignoring_case(option, "upgrade");
    }
}

std::string_view FramingRules::finish(int version_minor, bool is_request,
                                      const Framing& framing) const noexcept {
    if (framing.chunked && framing.content_length) {
        return "Content-Length stands beside Transfer-Encoding.";
    }
    if (framing.chunked && version_minor == 0) return "HTTP/1.0 has no Transfer-Encoding.";
    if (is_request && version_minor == 1 && !has_host_) return "Host is missing.";
    return {};
}

}  // namespace tidewire::codec::http1
