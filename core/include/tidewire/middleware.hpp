// Middleware: functions around the handlers of a server, the first registered outermost.
//
//     app.middleware([](const tidewire::Request& request, const tidewire::Next& next) {
//         auto response = next(request);
//         (void)response.headers.set("Server-Timing", "total;dur=1");
//         return response;
//     });
//
// It runs where its handler runs, after authenticate() and authorize(), for every route and method
// that is found. It may answer without calling `next`. What it throws is `internal`.
#pragma once

#include <functional>

#include <tidewire/request.hpp>
#include <tidewire/response.hpp>

namespace tidewire {

// The rest: the next middleware, at last the handler.
using Next = std::function<Response(const Request&)>;
using Middleware = std::function<Response(const Request&, const Next& next)>;

}  // namespace tidewire
