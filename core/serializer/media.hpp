// Which serializer a request speaks and wants (RFC 9110 8.3 and 12.5.1).
#pragma once

#include <optional>
#include <string_view>

#include <tidewire/serializer.hpp>

namespace tidewire::serializer {

// How a body of this Content-Type is read; nothing: by none of ours. As JSON is read
// application/json, anything +json, no type, and what curl (-d) and browsers' forms send when
// nobody thought of a type.
[[nodiscard]] std::optional<Serializer> reads_as(std::string_view content_type) noexcept;

// What a reply to this Accept field is written as: what is wanted most, of equals `like`, which is
// the request's own. Nothing: neither is acceptable.
[[nodiscard]] std::optional<Serializer> wanted(std::string_view accept, Serializer like) noexcept;

[[nodiscard]] std::string_view content_type_of(Serializer serializer) noexcept;

}  // namespace tidewire::serializer
