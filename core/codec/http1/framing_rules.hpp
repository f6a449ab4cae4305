// Which fields frame a message, and the strictness in them that keeps request smuggling out
// (RFC 9112 6 and 11.2; the list is in codec/http1/parser.hpp).
//
// An empty view means that all is well; otherwise it is the sentence of a protocol_error.
#pragma once

#include <cstdint>
#include <string_view>

#include "codec/http1/event.hpp"

namespace tidewire::codec::http1 {

enum class FramingField : std::uint8_t {
    connection,
    content_length,
    transfer_encoding,
    host,
    upgrade,
    expect,
};

// Whether the first line of a request is one of a version that is not spoken here, rather than none
// at all (RFC 9110 15.6.6): it ends with HTTP/D.D, and that is neither 1.0 nor 1.1.
[[nodiscard]] bool names_other_version(std::string_view line) noexcept;

// "HTTP/1.1 200" and the end of the line: a blank is missing, but many servers leave it out with
// the reason, and nothing else can be meant.
[[nodiscard]] constexpr bool lacks_reason(std::string_view status_line) noexcept {
    return status_line.size() == std::string_view("HTTP/1.1 200\r\n").size();
}

class FramingRules {
public:
    void reset() noexcept { has_host_ = close_ = keep_alive_ = upgrade_ = false; }

    [[nodiscard]] std::string_view field(FramingField field, std::string_view value,
                                         Framing& framing) noexcept;
    // After the last field of a request, or of a response.
    [[nodiscard]] std::string_view finish(int version_minor, bool is_request,
                                          const Framing& framing) const noexcept;
    // What the Connection fields said (RFC 9112 9.3): close wins over keep-alive.
    [[nodiscard]] bool keeps_alive(int version_minor) const noexcept {
        return !close_ && (version_minor >= 1 || keep_alive_);
    }
    [[nodiscard]] bool upgrades() const noexcept { return upgrade_; }

private:
    void connection(std::string_view value) noexcept;

    bool has_host_ = false;
    bool close_ = false;
    bool keep_alive_ = false;
    bool upgrade_ = false;
};

}  // namespace tidewire::codec::http1
