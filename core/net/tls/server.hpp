// base::TlsServer over OpenSSL, and the change of its certificates while it serves.
#pragma once

#include <memory>
#include <mutex>

#include <tidewire/tls.hpp>

#include "base/tls.hpp"
#include "net/tls/openssl.hpp"

namespace tidewire::net::tls {

class Server final : public base::TlsServer {
public:
    [[nodiscard]] static Result<std::shared_ptr<Server>> make(const Tls& options);
    explicit Server(ContextPtr context) : context_(std::move(context)) {}

    [[nodiscard]] std::unique_ptr<base::ByteStream> accept(
        base::Loop& loop, std::unique_ptr<base::ByteStream> stream,
        std::chrono::milliseconds handshake_timeout, const std::string& plain_answer) override;

    // Any thread. Handshakes that begin later use these; when they are not usable, nothing changes.
    [[nodiscard]] Result<void> reload(const Tls& options);

private:
    std::mutex mutex_;
    ContextPtr context_;
};

}  // namespace tidewire::net::tls
