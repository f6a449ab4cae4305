// TLS of servers and clients: plain options.
//
//     tidewire::Server app{{.address = "0.0.0.0:8443",
//                           .tls = tidewire::Tls{"cert.pem", "key.pem"}}};
//     auto client = tidewire::connect("https://localhost:8443",
//                                     {.tls = tidewire::ClientTls{.ca = "ca.pem"}}).value();
//
// Certificates and keys are PEM: the name of a file, or the text itself (whatever contains
// "-----BEGIN"). Files are read once, by Server::start(), Server::reload_tls() and
// Client::create(); what is wrong with one is invalid_argument there, with the reason.
//
// TLS 1.2 and 1.3 (RFC 5246, RFC 8446) with ciphers that encrypt and authenticate in one; ALPN
// (RFC 7301) is http/1.1; no renegotiation, no compression. Sessions are resumed by tickets.
#pragma once

#include <string>

namespace tidewire {

// Of a server.
struct Tls {
    std::string cert = {};  // its certificate, followed by those between it and the CA
    std::string key = {};   // the private key, not encrypted; empty: `cert` has it too
    // Certificates of the CAs that clients must be certified by: one without a certificate of
    // theirs is refused in the handshake. Empty: clients need no certificate.
    std::string client_ca = {};
};

// Of a client, for https:// URLs.
struct ClientTls {
    std::string ca = {};    // certificates of the CAs to trust; empty: those of the system
    std::string cert = {};  // the client's own, for servers that ask for one
    std::string key = {};   // empty: `cert` has it too
    // Whether the server must have a certificate of a trusted CA that is valid now and bears the
    // name of the host, or its address. Without that anybody on the way may be the server.
    bool verify = true;
    // The name to ask for (SNI, RFC 6066 3) and to verify; empty: the host of the URL.
    std::string server_name = {};
};

}  // namespace tidewire
