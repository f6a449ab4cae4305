#include "patterns/request_response/admission.hpp"

#include <memory>
#include <utility>

#include <tidewire/reply.hpp>
#include <tidewire/request.hpp>
#include <tidewire/response.hpp>

namespace tidewire::patterns::request_response {
namespace {

// Runs what gives a Result; what it throws becomes one.
template <class T, class F>
Result<T> contained(F run) {
    try {
        return run();
    } catch (const Error& error) {
        return error;
    } catch (...) {
        return Error(ErrorCode::internal);
    }
}

// Asks a hook: `ask(done)` runs it, `then` gets its verdict on the loop; an error is the answer.
// The `done` holds a Reply, so one that is dropped, with an exception or without, is `internal`.
template <class T, class Ask, class Then>
void consult(http::Exchange& exchange, Ask ask, Then then) {
    auto verdict = std::make_shared<std::optional<Result<T>>>();
    exchange.intercept([&exchange, verdict, then = std::move(then)](Response&& response) mutable {
        if (!*verdict) {
            exchange.respond(std::move(response));
        } else if (!**verdict) {
            exchange.respond(Response::problem((*verdict)->error()));
        } else {
            then(std::move(***verdict));
        }
    });
    Function<void(Result<T>)> done = [verdict, reply = Reply(&exchange)](Result<T> given) mutable {
        verdict->emplace(std::move(given));
        reply.send(Response::empty());
    };
    try {
        ask(std::move(done));
    } catch (...) {
        return;  // the `done` that was dropped on the way has answered
    }
}

Error twice(std::string_view hook) {
    return Error(ErrorCode::misuse, "there is a hook " + std::string(hook) + " already");
}

Result<Principal> principal_from(const Response& response) {
    auto value = response.json();
    if (!value) return Error(ErrorCode::internal);
    auto id = (*value)["id"].as<std::string>();
    if (!id || id->empty()) return Error(ErrorCode::internal, "a principal needs an id");
    return Principal{std::move(*id), (*value)["claims"]};
}

}  // namespace

Result<void> Admission::set_authenticate(AsyncAuthenticator hook) {
    if (authenticate_ || raw_) return twice("authenticate");
    authenticate_ = std::move(hook);
    return {};
}

Result<void> Admission::set_authorize(AsyncAuthorizer hook) {
    if (authorize_ || raw_) return twice("authorize");
    authorize_ = std::move(hook);
    return {};
}

Result<void> Admission::set_raw(AsyncHandler hook) {
    if (!open()) return twice("authenticate or authorize");
    raw_ = std::move(hook);
    return {};
}

void Admission::admit(http::Exchange& exchange, Action action, std::string_view name,
                      Function<void()> admitted) const {
    if (raw_) return ask_raw(exchange, std::move(admitted));
    if (!authenticate_) return authorize(exchange, action, name, std::move(admitted));
    consult<std::optional<Principal>>(
        exchange,
        [&](auto done) { authenticate_(Request(&exchange), std::move(done)); },
        [this, &exchange, action, name,
         admitted = std::move(admitted)](std::optional<Principal> principal) mutable {
            if (principal && principal->id.empty()) {
                exchange.respond(Response::problem(Error(ErrorCode::internal)));
                return;
            }
            if (principal) {
                exchange.principal = std::make_shared<const Principal>(std::move(*principal));
            }
            authorize(exchange, action, name, std::move(admitted));
        });
}

void Admission::authorize(http::Exchange& exchange, Action action, std::string_view name,
                          Function<void()> admitted) const {
    const auto judge = [&exchange](bool may, Function<void()>& next) {
        if (may) return next();
        const bool known = exchange.principal != nullptr;
        exchange.respond(Response::problem(
            Error(known ? ErrorCode::forbidden : ErrorCode::unauthenticated)));
    };
    if (!authorize_) return judge(exchange.principal != nullptr, admitted);
    consult<bool>(
        exchange,
        [&](auto done) {
            authorize_(Request(&exchange), action, std::string(name), std::move(done));
        },
        [judge, admitted = std::move(admitted)](bool may) mutable { judge(may, admitted); });
}

void Admission::ask_raw(http::Exchange& exchange, Function<void()> admitted) const {
    exchange.intercept([&exchange, admitted = std::move(admitted)](Response&& response) mutable {
        if (response.status == 204) return admitted();
        if (response.status != 200) {
            exchange.respond(std::move(response));
            return;
        }
        auto principal = principal_from(response);
        if (!principal) {
            exchange.respond(Response::problem(principal.error()));
            return;
        }
        exchange.principal = std::make_shared<const Principal>(std::move(*principal));
        admitted();
    });
    raw_(Request(&exchange), Reply(&exchange));
}

AsyncAuthenticator as_async(Authenticator hook) {
    return [hook = std::move(hook)](const Request& request, auto done) {
        done(contained<std::optional<Principal>>([&] { return hook(request); }));
    };
}

AsyncAuthorizer as_async(Authorizer hook) {
    return [hook = std::move(hook)](const Request& request, Action action, const std::string& name,
                                    auto done) {
        done(contained<bool>([&] { return hook(request.principal(), action, name); }));
    };
}

}  // namespace tidewire::patterns::request_response
