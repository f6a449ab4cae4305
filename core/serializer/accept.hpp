// How much an Accept field wants a media type (RFC 9110 12.5.1).
#pragma once

#include <string_view>

namespace tidewire::serializer {

// 0: it is not acceptable, up to 1. The most specific range decides; an empty field takes all
// alike. `type` is "type/subtype" in lower case, without parameters.
[[nodiscard]] double quality_of(std::string_view type, std::string_view accept) noexcept;

}  // namespace tidewire::serializer
