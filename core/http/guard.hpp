// Guard: which requests a server takes at all, by their head alone.
//
// Host (RFC 9110 7.2): a name that is not the server's own is `misdirected`, which stops pages
// whose name was rebound to a local address. Origin (RFC 6454): a page of another host and port
// may not change anything, unless CORS allows it; requests without Origin come from no page.
// CORS (the Fetch standard, 3.2): preflights are answered here, and add_fields() writes what a
// browser needs to see on every other answer.
//
// Immutable once made; used by all loops. The head must have been parsed: which fields there are is
// taken from its Framing.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <tidewire/cors.hpp>
#include <tidewire/response.hpp>
#include <tidewire/result.hpp>

#include "codec/http1/event.hpp"

namespace tidewire::http {

struct GuardOptions {
    // "example.com" (any port), "example.com:8080", "[::1]"; empty or with "*": any Host.
    std::vector<std::string> hosts = {};
    std::optional<Cors> cors = {};
};

class Guard {
public:
    Guard() = default;  // lets every Host pass, and no foreign page
    // invalid_argument for names and origins that are none, and for "*" with credentials.
    [[nodiscard]] static Result<Guard> make(const GuardOptions& options);

    // The answer to a request that must not go on: a refusal, or the answer to a preflight.
    // `passed` is the authority that passed last, if any: most requests of a connection name the
    // same one, which needs no second look.
    [[nodiscard]] std::optional<Response> check(const codec::http1::RequestHead& head,
                                                std::string& passed) const;
    [[nodiscard]] bool has_cors() const noexcept { return cors_; }
    // Contract: has_cors().
    void add_fields(const codec::http1::RequestHead& head, Response& response) const;

private:
    struct Name {
        std::string host;  // lower case, without brackets
        std::uint16_t port = 0;  // 0: any
    };

    Result<void> take_hosts(const std::vector<std::string>& hosts);
    Result<void> take_cors(const Cors& cors);
    [[nodiscard]] bool host_ok(std::string_view authority) const noexcept;
    [[nodiscard]] bool origin_listed(std::string_view origin) const noexcept;
    [[nodiscard]] Response preflight(const codec::http1::RequestHead& head,
                                     std::string_view origin) const;

    std::vector<Name> hosts_;
    bool any_host_ = true;
    bool cors_ = false;
    bool any_origin_ = false;
    bool credentials_ = false;
    std::vector<std::string> origins_;  // as a browser writes them
    std::vector<std::string> methods_;
    std::vector<std::string> request_fields_;
    std::string methods_text_;
    std::string request_fields_text_;
    std::string max_age_;
    std::string expose_;
};

// Appends `field` to the Vary of a response, unless it is there (RFC 9110 12.5.5).
void add_vary(Response& response, std::string_view field);

}  // namespace tidewire::http
