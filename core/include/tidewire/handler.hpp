// The kinds of handler that a Server takes. Where and how long they may run: see Server.
#pragma once

#include <functional>

#include <tidewire/reply.hpp>
#include <tidewire/request.hpp>
#include <tidewire/response.hpp>
#include <tidewire/result.hpp>
#include <tidewire/value.hpp>

namespace tidewire {

// A handler that throws answers `internal`; the text goes to the caller only with `debug`.
using Handler = std::function<Response(const Request&)>;
using AsyncHandler = std::function<void(Request, Reply)>;
using MethodHandler = std::function<Result<Value>(const Value& args, const Request& context)>;
using AsyncMethodHandler = std::function<void(Value args, Request context, Reply)>;

// What a method is registered with beside its handler.
struct MethodOptions {
    // The same arguments give the same result, and nothing changes by it. So it may be read, too:
    // GET (or HEAD) /methods/{name}?args=JSON, %-encoded, with an ETag of the result, and 304 for
    // those who have it.
    bool pure = false;
};

}  // namespace tidewire
