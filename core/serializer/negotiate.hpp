// Which serializer a request speaks and wants (RFC 9110 8.3 and 12.5.1).
#pragma once

#include <string_view>

namespace tidewire::serializer {

// True when a body of this Content-Type is read as JSON: application/json, anything +json, no type,
// and what curl (-d) and browsers' forms send when nobody thought of a type.
[[nodiscard]] bool reads_as_json(std::string_view content_type) noexcept;

// True when this Accept takes application/json: it or a wildcard with q above 0, or no Accept.
[[nodiscard]] bool accepts_json(std::string_view accept) noexcept;

}  // namespace tidewire::serializer
