// Certificates and keys from PEM (RFC 7468): the text itself, or the file that a text names.
#pragma once

#include <string>
#include <vector>

#include "net/tls/openssl.hpp"

namespace tidewire::net::tls {

// The PEM that an option means. `option` is its name, for errors: invalid_argument when there is no
// such file, it cannot be read or has more than 16 MiB.
[[nodiscard]] Result<std::string> read_pem(const std::string& given, const char* option);

// All certificates of it, in order; at least one, else invalid_argument.
[[nodiscard]] Result<std::vector<CertificatePtr>> certificates_of(const std::string& pem,
                                                                  const char* option);

// The private key. invalid_argument for none, and for one that is encrypted: nobody is asked for a
// passphrase.
[[nodiscard]] Result<KeyPtr> key_of(const std::string& pem, const char* option);

}  // namespace tidewire::net::tls
