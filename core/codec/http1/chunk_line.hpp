// The line before a chunk (RFC 9112 7.1 and 7.1.1), without its CRLF.
//
//     chunk-size [ chunk-ext ]
//     chunk-ext = *( ";" name [ "=" ( token / quoted-string ) ] )
//
// Blanks are refused around the size, where parsers disagree about them and a request can hide, and
// everywhere else in the line too: no sender has a reason to write them.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace tidewire::codec::http1 {

[[nodiscard]] std::optional<std::uint64_t> parse_chunk_line(std::string_view line) noexcept;

}  // namespace tidewire::codec::http1
