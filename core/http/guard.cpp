#include "http/guard.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <utility>

#include "base/field_text.hpp"
#include "codec/url.hpp"

namespace tidewire::http {
namespace {

using codec::http1::Framing;
using codec::http1::RequestHead;
using codec::http1::WebField;

// Request fields that pages may send without being listed: what tidewire reads itself.
constexpr std::array<std::string_view, 12> kOwnRequestFields{
    "authorization", "content-encoding", "content-type",        "idempotency-key",
    "if-none-match", "last-event-id",    "prefer",              "traceparent",
    "tracestate",    "tidewire-ack",     "tidewire-timeout-ms", "tidewire-key"};
constexpr std::string_view kOwnExposed = "ETag, Retry-After, Location";
constexpr std::string_view kOwnPrefix = "tidewire-";

std::string lower(std::string_view text) {
    std::string out(text);
    for (char& c : out) {
        if (c >= 'A' && c <= 'Z') c = static_cast<char>(c + ('a' - 'A'));
    }
    return out;
}

struct Authority {
    std::string_view host;  // without brackets
    std::uint16_t port = 0;
};

// "name", "name:80", "[::1]:80"; `port` is what stands for none.
std::optional<Authority> split_authority(std::string_view text, std::uint16_t port) noexcept {
    std::string_view host = text;
    std::string_view rest;
    if (text.starts_with('[')) {
        const auto close = text.find(']');
        if (close == std::string_view::npos) return std::nullopt;
        host = text.substr(1, close - 1);
        rest = text.substr(close + 1);
    } else if (const auto colon = text.find(':'); colon != std::string_view::npos) {
        host = text.substr(0, colon);
        rest = text.substr(colon);
    }
    if (host.empty()) return std::nullopt;
    if (rest.empty() || rest == ":") return Authority{host, port};
    if (rest.front() != ':') return std::nullopt;
    rest.remove_prefix(1);
    const auto [end, code] = std::from_chars(rest.data(), rest.data() + rest.size(), port);
    if (code != std::errc{} || end != rest.data() + rest.size()) return std::nullopt;
    return Authority{host, port};
}

// Where the request goes to: the authority of an absolute-form target wins over Host (RFC 9112
// 3.2.2). Empty for an HTTP/1.0 request without Host.
std::string_view authority_of(const RequestHead& head) noexcept {
    const auto given = codec::target_authority(head.target);
    if (!given.empty()) return given;
    if (head.framing.host_index < 0) return {};
    return head.headers[static_cast<std::size_t>(head.framing.host_index)].value;
}

std::uint16_t port_of_scheme(std::string_view scheme) noexcept {
    if (equals_ignoring_case(scheme, "http")) return 80;
    return equals_ignoring_case(scheme, "https") ? 443 : 0;
}

// Whether the page at `origin` came from the host and port that the request goes to. The default
// port is the Origin's scheme's, so that a proxy may have ended TLS.
bool same_origin(std::string_view origin, std::string_view authority) noexcept {
    const auto mark = origin.find("://");
    if (mark == std::string_view::npos) return false;  // "null" among them
    const std::uint16_t port = port_of_scheme(origin.substr(0, mark));
    if (port == 0) return false;
    const auto page = split_authority(origin.substr(mark + 3), port);
    const auto here = split_authority(authority, port);
    return page && here && page->port == here->port &&
           equals_ignoring_case(page->host, here->host);
}

bool changes_state(std::string_view method) noexcept {
    return method != "GET" && method != "HEAD" && method != "OPTIONS" && method != "TRACE";
}

// "scheme://host[:port]" as a browser writes it: lower case, without the default port.
Result<std::string> normal_origin(std::string_view text) {
    auto url = codec::parse_url(text);
    if (!url || !url->path.empty() || text.ends_with('/')) {
        return Error(ErrorCode::invalid_argument,
                     "an origin is scheme://host[:port] or *, not " + std::string(text));
    }
    url->host = lower(url->host);
    return url->scheme + "://" + url->authority();
}

Result<void> check_tokens(const std::vector<std::string>& names, std::string_view what) {
    for (const auto& name : names) {
        Headers probe;
        if (probe.add(name, "")) continue;
        return Error(ErrorCode::invalid_argument,
                     "cors " + std::string(what) + ": " + name + " is no name");
    }
    return {};
}

std::string joined(const std::vector<std::string>& words) {
    std::string out;
    for (const auto& word : words) {
        if (!out.empty()) out += ", ";
        out += word;
    }
    return out;
}

bool lists(const std::vector<std::string>& names, std::string_view name) noexcept {
    return std::ranges::any_of(
        names, [&](const std::string& one) { return equals_ignoring_case(one, name); });
}

}  // namespace

Result<Guard> Guard::make(const GuardOptions& options) {
    Guard guard;
    if (auto taken = guard.take_hosts(options.hosts); !taken) return taken.error();
    if (options.cors) {
        if (auto taken = guard.take_cors(*options.cors); !taken) return taken.error();
    }
    return guard;
}

Result<void> Guard::take_hosts(const std::vector<std::string>& hosts) {
    any_host_ = hosts.empty();
    for (const auto& text : hosts) {
        if (text == "*") {
            any_host_ = true;
            continue;
        }
        const auto name = split_authority(text, 0);
        if (!name || text.find('/') != std::string::npos) {
            return Error(ErrorCode::invalid_argument, "hosts: a host is name[:port], not " + text);
        }
        hosts_.push_back({lower(name->host), name->port});
    }
    return {};
}

Result<void> Guard::take_cors(const Cors& cors) {
    cors_ = true;
    credentials_ = cors.credentials;
    for (const auto& text : cors.origins) {
        if (text == "*") {
            any_origin_ = true;
            continue;
        }
        auto origin = normal_origin(text);
        if (!origin) return origin.error();
        origins_.push_back(std::move(*origin));
    }
    if (any_origin_ && credentials_) {
        return Error(ErrorCode::invalid_argument,
                     "cors: credentials need origins by name, not *: any page could act for the "
                     "user");
    }
    if (!any_origin_ && origins_.empty()) {
        return Error(ErrorCode::invalid_argument, "cors needs origins");
    }
    if (cors.max_age.count() < 0) {
        return Error(ErrorCode::invalid_argument, "cors max_age is 0 or more");
    }
    for (const auto& [names, what] : {std::pair(&cors.methods, "methods"),
                                      std::pair(&cors.headers, "headers"),
                                      std::pair(&cors.expose, "expose")}) {
        if (auto ok = check_tokens(*names, what); !ok) return ok;
    }
    methods_ = cors.methods;
    request_fields_ = cors.headers;
    for (const auto name : kOwnRequestFields) request_fields_.emplace_back(name);
    methods_text_ = joined(methods_);
    request_fields_text_ = joined(request_fields_);
    max_age_ = std::to_string(cors.max_age.count());
    expose_ = kOwnExposed;
    for (const auto& name : cors.expose) expose_ += ", " + name;
    return {};
}

bool Guard::host_ok(std::string_view authority) const noexcept {
    const auto here = split_authority(authority, 0);
    if (!here) return false;
    return std::ranges::any_of(hosts_, [&](const Name& name) {
        return (name.port == 0 || name.port == here->port) &&
               equals_ignoring_case(name.host, here->host);
    });
}

bool Guard::origin_listed(std::string_view origin) const noexcept {
    return any_origin_ || std::ranges::any_of(origins_, [&](const std::string& one) {
        return equals_ignoring_case(one, origin);
    });
}

std::optional<Response> Guard::check(const RequestHead& head, std::string& passed) const {
    if (!any_host_) {
        const auto authority = authority_of(head);
        // Only HTTP/1.0 may leave Host out, which no browser speaks.
        if (authority != passed && !authority.empty()) {
            if (!host_ok(authority)) {
                return Response::problem(
                    Error(ErrorCode::misdirected, "this host is not served here"));
            }
            passed = authority;
        }
    }
    if (!head.framing.has(WebField::origin)) return std::nullopt;
    const auto origin = head.headers.get("origin").value_or("");
    if (cors_ && head.method == "OPTIONS" && head.headers.get("access-control-request-method")) {
        return preflight(head, origin);
    }
    if (!changes_state(head.method)) return std::nullopt;
    // Two of them come from no browser, and one could hide the other.
    const bool one = head.headers.count("origin") == 1;
    if (one && (same_origin(origin, authority_of(head)) || origin_listed(origin))) {
        return std::nullopt;
    }
    return Response::problem(
        Error(ErrorCode::forbidden, "pages of this origin may not do that here"));
}

Response Guard::preflight(const RequestHead& head, std::string_view origin) const {
    const auto refused = [](std::string why) {
        return Response::problem(Error(ErrorCode::forbidden, std::move(why)));
    };
    if (!origin_listed(origin)) return refused("this origin is not allowed");
    const auto method = head.headers.get("access-control-request-method").value_or("");
    if (std::ranges::find(methods_, method) == methods_.end()) {
        return refused("pages of other origins may not use this method");
    }
    std::string_view rest = head.headers.get("access-control-request-headers").value_or("");
    while (!rest.empty()) {
        const auto comma = rest.find(',');
        const auto name = base::trim_blanks(rest.substr(0, comma));
        rest = comma == std::string_view::npos ? std::string_view{} : rest.substr(comma + 1);
        if (!name.empty() && !lists(request_fields_, name)) {
            return refused("pages of other origins may not send the field " + std::string(name));
        }
    }
    Response response = Response::empty();
    response.headers.add_unchecked("Access-Control-Allow-Methods", methods_text_);
    response.headers.add_unchecked("Access-Control-Allow-Headers", request_fields_text_);
    response.headers.add_unchecked("Access-Control-Max-Age", max_age_);
    return response;
}

void Guard::add_fields(const RequestHead& head, Response& response) const {
    if (!any_origin_) add_vary(response, "Origin");
    if (!head.framing.has(WebField::origin)) return;
    const auto origin = head.headers.get("origin").value_or("");
    if (!origin_listed(origin)) return;
    response.headers.add_unchecked("Access-Control-Allow-Origin", any_origin_ ? "*" : origin);
    if (credentials_) response.headers.add_unchecked("Access-Control-Allow-Credentials", "true");
    if (head.method == "OPTIONS") return;
    std::string expose = expose_;
    for (std::size_t i = 0; i < response.headers.size(); ++i) {
        const auto name = response.headers[i].name;
        if (name.size() > kOwnPrefix.size() &&
            equals_ignoring_case(name.substr(0, kOwnPrefix.size()), kOwnPrefix)) {
            expose.append(", ").append(name);
        }
    }
    response.headers.add_unchecked("Access-Control-Expose-Headers", expose);
}

void add_vary(Response& response, std::string_view field) {
    const auto known = response.headers.get("vary");
    if (!known) {
        response.headers.add_unchecked("Vary", field);
        return;
    }
    std::string_view rest = *known;
    while (!rest.empty()) {
        const auto comma = rest.find(',');
        const auto name = base::trim_blanks(rest.substr(0, comma));
        rest = comma == std::string_view::npos ? std::string_view{} : rest.substr(comma + 1);
        if (name == "*" || equals_ignoring_case(name, field)) return;
    }
    const std::string all = std::string(*known) + ", " + std::string(field);
    response.headers.remove("vary");
    response.headers.add_unchecked("Vary", all);
}

}  // namespace tidewire::http
