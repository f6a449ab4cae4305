// The kinds of handler that a Server takes. Where and how long they may run: see Server.
#pragma once

#include <cstdint>
#include <functional>

#include <tidewire/reply.hpp>
#include <tidewire/request.hpp>
#include <tidewire/response.hpp>
#include <tidewire/result.hpp>
#include <tidewire/stream.hpp>
#include <tidewire/value.hpp>

namespace tidewire {

// A handler that throws answers `internal`; the text goes to the caller only with `debug`.
using Handler = std::function<Response(const Request&)>;
using AsyncHandler = std::function<void(Request, Reply)>;
using MethodHandler = std::function<Result<Value>(const Value& args, const Request& context)>;
using AsyncMethodHandler = std::function<void(Value args, Request context, Reply)>;

// Handlers of methods whose reply, arguments or both are a sequence of values; what one throws, or
// leaves without an end, fails its stream with `internal`.
using StreamHandler = std::function<void(Value args, Request context, StreamWriter)>;
using StreamedRequestHandler = std::function<void(StreamReader, Request context, Reply)>;
using DuplexHandler = std::function<void(StreamReader, Request context, StreamWriter)>;

// Which side of a method is a sequence of values.
enum class Streams : std::uint8_t { none = 0, reply = 1, request = 2, both = 3 };

class Executor;

// What a method is registered with beside its handler.
struct MethodOptions {
    // The same arguments give the same result, and nothing changes by it. So it may be read, too:
    // GET (or HEAD) /methods/{name}?args=JSON, %-encoded, with an ETag of the result, and 304 for
    // those who have it.
    bool pure = false;
    // Where a handler that streams runs, instead of on the loop thread: there it may wait. Must
    // outlive the server.
    Executor* executor = nullptr;
    // Taken from the handler's type, but for raw ones.
    Streams streams = Streams::none;
};

}  // namespace tidewire
