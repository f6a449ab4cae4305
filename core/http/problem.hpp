// The problem of an error under another status than its own (RFC 9457), where HTTP has one that
// says more: 505 for a protocol_error that is one of the version.
#pragma once

#include <tidewire/response.hpp>

namespace tidewire::http {

// Contract: the code of `error` travels by HTTP, and `status` is 400 to 599.
[[nodiscard]] Response problem_as(const Error& error, int status);

}  // namespace tidewire::http
