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

}  // namespace tidewire
