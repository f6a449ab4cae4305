// Any bytes: decoding and encoding are each other's inverse, and a URL comes back from its parts.

#include <cstdint>
#include <string>
#include <string_view>

#include "codec/url.hpp"
#include "cpp/fuzz/fuzz.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    using namespace tidewire::codec;
    using tidewire::fuzz::require;
    const std::string_view text = tidewire::fuzz::text_of(data, size);

    if (const auto decoded = percent_decode(text)) {
        require(percent_decode(percent_encode(*decoded)) == decoded, "encoding is reversible");
    }
    if (text.find('\0') == std::string_view::npos) {
        require(percent_decode(percent_encode(text)) == text, "any text but NUL can be encoded");
        const std::string query = "x=1&" + percent_encode(text) + "=" + percent_encode(text);
        if (text != "x") require(query_value(query, text) == text, "a query gives what it has");
    }
    const auto target = split_target(text);
    require(target.path.size() + target.query.size() <= text.size(), "a target is split");
    (void)query_value(target.query, "a");
    (void)parse_host_port(text);

    if (const auto url = parse_url(text)) {
        const bool local = url->scheme == "unix";  // its host is the path of a socket
        const std::string socket = "unix:" + url->host;
        const auto again = parse_url(
            local ? socket : url->scheme + "://" + url->authority() + url->path);
        require(again && again->scheme == url->scheme && again->host == url->host &&
                    again->port == url->port && again->path == url->path,
                "a URL comes back from its parts");
        const std::string host =
            url->host.find(':') == std::string::npos ? url->host : "[" + url->host + "]";
        const auto address =
            parse_host_port(local ? socket : host + ":" + std::to_string(url->port));
        require(address && address->host == url->host, "and gives its address");
    }
    return 0;
}
