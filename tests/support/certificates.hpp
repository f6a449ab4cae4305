// The certificates of tests/support/certificates, by name.
#pragma once

#include <fstream>
#include <iterator>
#include <string>

#include <tidewire/tls.hpp>

namespace tidewire::testing {

[[nodiscard]] inline std::string certificate_file(const std::string& name) {
    return TIDEWIRE_SOURCE_DIR "/tests/support/certificates/" + name;
}

[[nodiscard]] inline std::string certificate_text(const std::string& name) {
    std::ifstream in(certificate_file(name));
    return {std::istreambuf_iterator<char>(in), {}};
}

// The options of a server with one of the certificates.
[[nodiscard]] inline Tls server_tls(const std::string& name = "server") {
    return {certificate_file(name + ".pem"), certificate_file(name + ".key"), {}};
}

// Those of a client that trusts the test's CA.
[[nodiscard]] inline ClientTls trusting_tls() { return {.ca = certificate_file("ca.pem")}; }

}  // namespace tidewire::testing
