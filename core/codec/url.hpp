// URLs of servers, request targets and their %-encoding (RFC 3986).
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include <tidewire/result.hpp>

namespace tidewire::codec {

struct Url {
    std::string scheme;  // lower case
    std::string host;    // without brackets; of "unix:/run/a.sock" the path of the socket
    std::uint16_t port = 0;
    std::string path;    // prefix without a trailing "/", perhaps empty

    // Value of the Host field: brackets around IPv6, port left out when it is the scheme's own.
    // "localhost" for a Unix socket.
    [[nodiscard]] std::string authority() const;
};

// invalid_argument unless it is scheme://host[:port][/path] without user, query and fragment, or
// unix:/path.
[[nodiscard]] Result<Url> parse_url(std::string_view text);

struct HostPort {
    std::string host;  // without brackets; a path for a Unix socket
    std::uint16_t port = 0;
};
// "127.0.0.1:8080", "localhost:0", "[::1]:8080", "unix:/run/a.sock". invalid_argument otherwise.
[[nodiscard]] Result<HostPort> parse_host_port(std::string_view text);

// %XX decoded; nullopt for a broken escape or a NUL, escaped or not. With `plus_is_space` as in
// HTML forms.
[[nodiscard]] std::optional<std::string> percent_decode(std::string_view text,
                                                        bool plus_is_space = false);
// Everything but unreserved characters (RFC 3986 2.3) as %XX.
[[nodiscard]] std::string percent_encode(std::string_view text);

// Splits "/a/b?x=1" at the first "?"; the query is without it. Of the absolute-form
// "http://host/a/b?x=1" (RFC 9112 3.2.2) it gives the same, with "/" for a path that is not there.
struct Target {
    std::string_view path;
    std::string_view query;
};
[[nodiscard]] Target split_target(std::string_view target) noexcept;
// "host:80" of a target in absolute-form; empty for any other form.
[[nodiscard]] std::string_view target_authority(std::string_view target) noexcept;
// The first value of `name` in "a=1&b=2", decoded.
[[nodiscard]] std::optional<std::string> query_value(std::string_view query, std::string_view name);

}  // namespace tidewire::codec
