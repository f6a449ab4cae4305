// Admission: the hooks that say who asks and whether it may (tidewire/principal.hpp).
//
// Filled before the server serves, immutable afterwards. Each hook gets a Reply of the exchange,
// whose answer comes back here instead of going to the caller (Exchange::intercept), so that hooks
// may take their time and run anywhere, and so that deadlines and cancellation reach them.
#pragma once

#include <string_view>

#include <tidewire/function.hpp>
#include <tidewire/handler.hpp>
#include <tidewire/principal.hpp>

#include "http/exchange.hpp"

namespace tidewire::patterns::request_response {

class Admission {
public:
    // misuse when there is one already.
    Result<void> set_authenticate(AsyncAuthenticator hook);
    Result<void> set_authorize(AsyncAuthorizer hook);
    // Both in one, for language bindings: answers 200 with {"id", "claims"} as JSON, 204 for nobody
    // who may all the same, or the problem that is the answer.
    Result<void> set_raw(AsyncHandler hook);

    [[nodiscard]] bool open() const noexcept { return !authenticate_ && !authorize_ && !raw_; }

    // Loop thread. Calls `admitted` on it, now or later, or answers the exchange. `name` is copied
    // where a hook may keep it.
    void admit(http::Exchange& exchange, Action action, std::string_view name,
               Function<void()> admitted) const;

private:
    void authorize(http::Exchange& exchange, Action action, std::string_view name,
                   Function<void()> admitted) const;
    void ask_raw(http::Exchange& exchange, Function<void()> admitted) const;

    AsyncAuthenticator authenticate_;
    AsyncAuthorizer authorize_;
    AsyncHandler raw_;
};

// What they throw is `internal`, but for an Error, which is the answer.
[[nodiscard]] AsyncAuthenticator as_async(Authenticator hook);
[[nodiscard]] AsyncAuthorizer as_async(Authorizer hook);

}  // namespace tidewire::patterns::request_response
