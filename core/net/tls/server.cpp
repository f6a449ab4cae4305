#include "net/tls/server.hpp"

#include <utility>

#include "net/tls/context.hpp"
#include "net/tls/stream.hpp"

namespace tidewire::net::tls {

Result<std::shared_ptr<Server>> Server::make(const Tls& options) {
    auto context = server_context(options);
    if (!context) return context.error();
    return std::make_shared<Server>(std::move(*context));
}

std::unique_ptr<base::ByteStream> Server::accept(base::Loop& loop,
                                                 std::unique_ptr<base::ByteStream> stream,
                                                 std::chrono::milliseconds handshake_timeout,
                                                 const std::string& plain_answer) {
    ContextPtr context;
    {
        std::lock_guard lock(mutex_);
        SSL_CTX_up_ref(context_.get());
        context.reset(context_.get());
    }
    return std::make_unique<TlsStream>(loop, std::move(stream), std::move(context),
                                       TlsStream::ServerSide{handshake_timeout, plain_answer});
}

Result<void> Server::reload(const Tls& options) {
    auto context = server_context(options);
    if (!context) return context.error();
    std::lock_guard lock(mutex_);
    context_.swap(*context);
    return {};
}

}  // namespace tidewire::net::tls
