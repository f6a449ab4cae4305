// base::TlsClient over OpenSSL: dials, shakes hands, and keeps the last sessions for the next time.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include <tidewire/tls.hpp>

#include "base/tls.hpp"
#include "net/tls/openssl.hpp"

namespace tidewire::net::tls {

// Of one server, on one loop.
class Client final : public base::TlsClient {
public:
    // `host` is the server's name or address, as in the URL.
    [[nodiscard]] static Result<std::shared_ptr<Client>> make(const ClientTls& options,
                                                              const std::string& host);
    Client(ContextPtr context, std::string name, bool verify);

    [[nodiscard]] std::unique_ptr<base::Dialing> dial(
        base::Loop& loop, const std::string& host, std::uint16_t port,
        std::chrono::milliseconds timeout,
        Function<void(Result<std::unique_ptr<base::ByteStream>>)> done) override;

    // An SSL that asks for the name, verifies it, and offers a session when there is one.
    [[nodiscard]] SslPtr new_ssl();

private:
    static int keep_session(SSL* ssl, SSL_SESSION* session);

    ContextPtr context_;
    const std::string name_;
    const bool verify_;
    std::vector<SessionPtr> sessions_;  // the newest last
};

}  // namespace tidewire::net::tls
