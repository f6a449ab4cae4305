// Principal: who makes a request, as the hook of authentication said.
//
// The hooks of a server: authenticate() says who asks, or that nobody did; authorize() whether that
// one may do it. Both run for each request, after its route or method is found and before
// middleware and handlers. Without authorize(), whoever has a principal may do everything; without
// either, everybody may.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include <tidewire/function.hpp>
#include <tidewire/request.hpp>
#include <tidewire/result.hpp>
#include <tidewire/value.hpp>

namespace tidewire {

struct Principal {
    std::string id;  // what keeps one caller's data from another's: stable, never empty
    Value claims = {};  // what else the application knows of it
    friend bool operator==(const Principal&, const Principal&) = default;
};

// What a principal wants to do. `call` is asked with the name of a method, "add", or of a route,
// "GET /users/{id}"; `admin` with "GET /metrics".
enum class Action : std::uint8_t { call, publish, subscribe, lease, admin };
[[nodiscard]] constexpr std::string_view action_name(Action action) noexcept {
    constexpr std::string_view kNames[] = {"call", "publish", "subscribe", "lease", "admin"};
    return kNames[static_cast<std::size_t>(action)];
}

// Nothing: the request names nobody. An error is the answer: unauthenticated or token_expired for
// a bad token. What throws is `internal`, never a pass. They run on the loop thread and must not
// wait; the async ones settle `done` from any thread, and a `done` that is dropped is `internal`.
using Authenticator = std::function<Result<std::optional<Principal>>(const Request&)>;
using AsyncAuthenticator =
    std::function<void(Request, Function<void(Result<std::optional<Principal>>)> done)>;
// `principal` is null when there is none. False is 401 unauthenticated without a principal, else
// 403 forbidden.
using Authorizer =
    std::function<Result<bool>(const Principal* principal, Action, std::string_view name)>;
using AsyncAuthorizer = std::function<void(Request, Action, std::string name,
                                           Function<void(Result<bool>)> done)>;

}  // namespace tidewire
