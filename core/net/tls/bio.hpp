// The ends of OpenSSL's pipes: where it reads what the peer sent, and writes what is to be sent.
//
// OpenSSL's own memory BIOs would copy all that comes and keep two buffers per connection; these
// read the bytes where they lie, and are empty between two calls.
#pragma once

#include <string>
#include <string_view>

#include "net/tls/openssl.hpp"

namespace tidewire::net::tls {

struct Wire {
    std::string_view in;  // taken from the front
    std::string out;
};

// For SSL_set_bio(), which takes it over. `wire` must outlive it.
[[nodiscard]] BIO* new_wire_bio(Wire& wire);

}  // namespace tidewire::net::tls
