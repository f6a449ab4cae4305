// Base64 (RFC 4648 section 4): with padding, as JSON bears the bytes of a Data field.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace tidewire::serializer {

[[nodiscard]] std::string base64_encode(std::string_view bytes);
void base64_append(std::string& out, std::string_view bytes);
// Nothing when `text` is not base64 of whole bytes: wrong letters, no padding, or bits after the
// last byte that are not zero.
[[nodiscard]] std::optional<std::string> base64_decode(std::string_view text);

}  // namespace tidewire::serializer
