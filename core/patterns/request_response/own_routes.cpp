// The routes of the server itself: outside of middleware, open to all or to those who run it.
#include "patterns/request_response/server.hpp"

#include <utility>

namespace tidewire::patterns::request_response {
namespace {

// Whether a peer, "127.0.0.1:51234", is on this machine.
bool is_local(std::string_view peer) {
    return peer.starts_with("127.") || peer.starts_with("[::1]") ||
           peer.starts_with("[::ffff:127.") || peer == "unix";
}

}  // namespace

Result<void> Service::add_own_route(std::string_view path, Access access,
                                    std::function<Response()> answer) {
    Route route{{}, {}, nullptr};
    route.own = std::move(answer);
    route.access = access;
    return take_route("GET", path, std::move(route));
}

void Service::call_own(const Route& route, http::Exchange& exchange) const {
    if (route.access == Access::all) {
        exchange.respond(route.own());
        return;
    }
    if (admission_.open()) {
        exchange.respond(is_local(exchange.peer)
                             ? route.own()
                             : Response::problem(Error(ErrorCode::forbidden,
                                                       "from this machine only, unless hooks of "
                                                       "the server say who may")));
        return;
    }
    exchange.operation = route.name;
    exchange.action = action_name(Action::admin);
    admission_.admit(exchange, Action::admin, route.name,
                     [&route, &exchange] { exchange.respond(route.own()); });
}

}  // namespace tidewire::patterns::request_response
