#include "codec/url.hpp"

#include <algorithm>
#include <array>
#include <charconv>

namespace tidewire::codec {
namespace {

constexpr bool is_alpha(char c) noexcept {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}
constexpr bool is_digit(char c) noexcept { return c >= '0' && c <= '9'; }
constexpr bool is_hex(char c) noexcept {
    return is_digit(c) || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
}
constexpr bool is_unreserved(char c) noexcept {
    return is_alpha(c) || is_digit(c) || c == '-' || c == '.' || c == '_' || c == '~';
}
constexpr int hex_value(char c) noexcept {
    if (is_digit(c)) return c - '0';
    return (c | 0x20) - 'a' + 10;
}

Error malformed(std::string_view what, std::string_view text) {
    return Error(ErrorCode::invalid_argument,
                 std::string(what) + ": \"" + std::string(text.substr(0, 200)) + "\".");
}

// Ports of the schemes that this product speaks; 0 for others.
struct SchemePort {
    std::string_view scheme;
    std::uint16_t port;
};
constexpr std::array<SchemePort, 4> kSchemePorts{
    {{"http", 80}, {"https", 443}, {"ws", 80}, {"wss", 443}}};

constexpr std::uint16_t default_port(std::string_view scheme) noexcept {
    for (const SchemePort& row : kSchemePorts) {
        if (row.scheme == scheme) return row.port;
    }
    return 0;
}

std::optional<std::uint16_t> parse_port(std::string_view text) noexcept {
    std::uint16_t port = 0;
    const auto [end, code] = std::from_chars(text.data(), text.data() + text.size(), port);
    if (code != std::errc{} || end != text.data() + text.size()) return std::nullopt;
    return port;
}

bool is_host_name(std::string_view host) noexcept {
    return !host.empty() && host.size() <= 255 && std::ranges::all_of(host, is_unreserved);
}

bool is_ipv6(std::string_view host) noexcept {
    // The resolver says whether the address is one; here only what could not stand in a Host field.
    return std::ranges::count(host, ':') >= 2 && host.size() <= 64 &&
           std::ranges::all_of(host, [](char c) { return is_hex(c) || c == ':' || c == '.'; });
}

struct SplitHost {
    std::string_view host;
    std::optional<std::string_view> port;
};

std::optional<SplitHost> split_host(std::string_view text) noexcept {
    if (text.starts_with('[')) {
        const std::size_t close = text.find(']');
        if (close == std::string_view::npos) return std::nullopt;
        const std::string_view host = text.substr(1, close - 1);
        const std::string_view rest = text.substr(close + 1);
        if (!is_ipv6(host)) return std::nullopt;
        if (rest.empty()) return SplitHost{host, std::nullopt};
        if (!rest.starts_with(':')) return std::nullopt;
        return SplitHost{host, rest.substr(1)};
    }
    const std::size_t colon = text.find(':');
    const std::string_view host = text.substr(0, colon);
    if (!is_host_name(host)) return std::nullopt;
    if (colon == std::string_view::npos) return SplitHost{host, std::nullopt};
    return SplitHost{host, text.substr(colon + 1)};
}

constexpr std::string_view kUnix = "unix:";
// What fits into sockaddr_un with its final NUL.
constexpr std::size_t kUnixPathBytesMax = 107;

// The path of "unix:/run/a.sock".
Result<std::string> unix_path(std::string_view text) {
    const std::string_view path = text.substr(kUnix.size());
    if (!path.starts_with('/') || path.size() > kUnixPathBytesMax || path.size() == 1 ||
        path.find('\0') != std::string_view::npos) {
        return malformed("A Unix socket is unix:/path, at most 107 bytes, not", text);
    }
    return std::string(path);
}

bool is_path(std::string_view path) noexcept {
    return std::ranges::all_of(path, [](char c) { return c > ' ' && c < 0x7f; });
}

}  // namespace

std::string Url::authority() const {
    if (host.starts_with('/')) return "localhost";
    std::string out = host.find(':') == std::string::npos ? host : "[" + host + "]";
    if (port != default_port(scheme)) out += ":" + std::to_string(port);
    return out;
}

Result<Url> parse_url(std::string_view text) {
    if (text.starts_with(kUnix)) {
        auto path = unix_path(text);
        if (!path) return path.error();
        return Url{.scheme = "unix", .host = std::move(*path), .port = 0, .path = {}};
    }
    const std::size_t mark = text.find("://");
    if (mark == std::string_view::npos || mark == 0 || !is_alpha(text[0])) {
        return malformed("A URL is scheme://host[:port][/path], not", text);
    }
    Url url;
    for (const char c : text.substr(0, mark)) {
        if (!is_alpha(c) && !is_digit(c) && c != '+' && c != '-' && c != '.') {
            return malformed("The scheme of the URL is malformed", text);
        }
        url.scheme.push_back(c >= 'A' && c <= 'Z' ? static_cast<char>(c + ('a' - 'A')) : c);
    }
    const std::string_view rest = text.substr(mark + 3);
    if (rest.find_first_of("?#") != std::string_view::npos) {
        return malformed("The URL of a server has no query and no fragment", text);
    }
    const std::size_t slash = std::min(rest.find('/'), rest.size());
    const std::string_view authority = rest.substr(0, slash);
    if (authority.find('@') != std::string_view::npos) {
        return malformed("User and password do not belong into the URL", "...");
    }
    const auto split = split_host(authority);
    if (!split) return malformed("The host of the URL is malformed", text);
    url.host = split->host;
    url.port = default_port(url.scheme);
    if (split->port) {
        const auto port = parse_port(*split->port);
        if (!port || *port == 0) return malformed("The port of the URL is not 1 to 65535", text);
        url.port = *port;
    }
    if (url.port == 0) return malformed("The URL needs a port", text);
    std::string_view path = rest.substr(slash);
    if (!is_path(path)) return malformed("The path of the URL must be %-encoded", text);
    while (path.ends_with('/')) path.remove_suffix(1);
    url.path = path;
    return url;
}

Result<HostPort> parse_host_port(std::string_view text) {
    // A host may be called unix as well: its port tells it from a path.
    if (text.starts_with(kUnix) && !parse_port(text.substr(kUnix.size()))) {
        auto path = unix_path(text);
        if (!path) return path.error();
        return HostPort{std::move(*path), 0};
    }
    const auto split = split_host(text);
    if (!split || !split->port) return malformed("An address is host:port, not", text);
    const auto port = parse_port(*split->port);
    if (!port) return malformed("The port is not 0 to 65535", text);
    return HostPort{std::string(split->host), *port};
}

std::optional<std::string> percent_decode(std::string_view text, bool plus_is_space) {
    std::string out;
    out.reserve(text.size());
    for (std::size_t i = 0; i < text.size(); ++i) {
        if (text[i] == '%') {
            if (text.size() - i < 3 || !is_hex(text[i + 1]) || !is_hex(text[i + 2])) {
                return std::nullopt;
            }
            const int byte = hex_value(text[i + 1]) * 16 + hex_value(text[i + 2]);
            if (byte == 0) return std::nullopt;
            out.push_back(static_cast<char>(byte));
            i += 2;
        } else if (text[i] == '\0') {
            return std::nullopt;
        } else {
            out.push_back(plus_is_space && text[i] == '+' ? ' ' : text[i]);
        }
    }
    return out;
}

std::string percent_encode(std::string_view text) {
    constexpr std::string_view kHex = "0123456789ABCDEF";
    std::string out;
    out.reserve(text.size());
    for (const char c : text) {
        if (is_unreserved(c)) {
            out.push_back(c);
        } else {
            const auto byte = static_cast<unsigned char>(c);
            out.append({'%', kHex[byte >> 4], kHex[byte & 15]});
        }
    }
    return out;
}

std::string_view target_authority(std::string_view target) noexcept {
    if (target.starts_with('/')) return {};
    const std::size_t mark = target.find("://");
    if (mark == std::string_view::npos || mark == 0) return {};
    for (const char c : target.substr(0, mark)) {
        if (!is_alpha(c) && !is_digit(c) && c != '+' && c != '-' && c != '.') return {};
    }
    const std::string_view rest = target.substr(mark + 3);
    return rest.substr(0, rest.find_first_of("/?"));
}

Target split_target(std::string_view target) noexcept {
    if (!target.starts_with('/')) {
        const std::string_view authority = target_authority(target);
        if (!authority.empty()) {
            target.remove_prefix(
                static_cast<std::size_t>(authority.data() - target.data()) + authority.size());
            if (!target.starts_with('/')) return {"/", target.empty() ? target : target.substr(1)};
        }
    }
    const std::size_t mark = target.find('?');
    if (mark == std::string_view::npos) return {target, {}};
    return {target.substr(0, mark), target.substr(mark + 1)};
}

std::optional<std::string> query_value(std::string_view query, std::string_view name) {
    while (!query.empty()) {
        const std::size_t end = std::min(query.find('&'), query.size());
        const std::string_view pair = query.substr(0, end);
        query.remove_prefix(std::min(end + 1, query.size()));
        const std::size_t equals = std::min(pair.find('='), pair.size());
        const auto key = percent_decode(pair.substr(0, equals), true);
        if (!key || *key != name) continue;
        return percent_decode(pair.substr(std::min(equals + 1, pair.size())), true);
    }
    return std::nullopt;
}

}  // namespace tidewire::codec
