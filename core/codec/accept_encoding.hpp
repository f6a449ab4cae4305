// Which content coding a request would like best (RFC 9110 12.5.3).
#pragma once

#include <tidewire/headers.hpp>

#include "codec/deflate.hpp"

namespace tidewire::codec {

// Among gzip, deflate and identity the one of the highest weight; between equals gzip, then
// deflate, then identity. Without the field, or with nothing in it that is known: identity, which
// is also sent to those who refuse it, as the RFC advises.
[[nodiscard]] ContentCoding choose_coding(const Headers& request);

}  // namespace tidewire::codec
