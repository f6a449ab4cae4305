// UTF-8 (RFC 3629): shortest forms only, no surrogates, nothing above U+10FFFF.
#pragma once

#include <string_view>

namespace tidewire::base {

[[nodiscard]] bool is_utf8(std::string_view text) noexcept;

}  // namespace tidewire::base
