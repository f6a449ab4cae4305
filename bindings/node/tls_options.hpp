// TLS options as tls.ts gives them.
#pragma once

#include <napi.h>

#include <optional>

#include <tidewire/tls.hpp>

namespace tidewire::node {

// Undefined is none. Contract: tls.ts has checked names and types.
[[nodiscard]] std::optional<Tls> server_tls_from(const Napi::Value& given);
[[nodiscard]] std::optional<ClientTls> client_tls_from(const Napi::Value& given);

}  // namespace tidewire::node
