// The members of Server that register hooks.
#include <tidewire/server.hpp>

#include <utility>

#include "api/server_impl.hpp"

namespace tidewire {

using patterns::request_response::as_async;

Result<void> Server::authenticate_sync(Authenticator hook) {
    return authenticate_async(as_async(std::move(hook)));
}
Result<void> Server::authenticate_async(AsyncAuthenticator hook) {
    auto service = impl_->fill();
    if (!service) return service.error();
    return (*service)->admission().set_authenticate(std::move(hook));
}

Result<void> Server::authorize_sync(Authorizer hook) {
    return authorize_async(as_async(std::move(hook)));
}
Result<void> Server::authorize_async(AsyncAuthorizer hook) {
    auto service = impl_->fill();
    if (!service) return service.error();
    return (*service)->admission().set_authorize(std::move(hook));
}

Result<void> Server::admission_raw(AsyncHandler hook) {
    auto service = impl_->fill();
    if (!service) return service.error();
    return (*service)->admission().set_raw(std::move(hook));
}

Server& Server::middleware(Middleware layer) {
    auto service = impl_->fill();
    if (!service) return keep(service.error());
    (*service)->add_middleware(std::move(layer));
    return *this;
}

}  // namespace tidewire
