// The SSL_CTX of servers and of clients, made from their options.
#pragma once

#include <tidewire/tls.hpp>

#include "net/tls/openssl.hpp"

namespace tidewire::net::tls {

// invalid_argument for a file that cannot be read, that holds something else, or a key that does
// not belong to the certificate.
[[nodiscard]] Result<ContextPtr> server_context(const Tls& options);
[[nodiscard]] Result<ContextPtr> client_context(const ClientTls& options);

}  // namespace tidewire::net::tls
