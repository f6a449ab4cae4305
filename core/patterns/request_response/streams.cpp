// The Service's methods whose reply, arguments or both are a sequence of values.
#include <utility>

#include <tidewire/stream.hpp>

#include "patterns/request_response/items.hpp"
#include "patterns/request_response/server.hpp"
#include "patterns/request_response/values.hpp"
#include "serializer/media.hpp"

namespace tidewire::patterns::request_response {
namespace {

constexpr bool has(Streams streams, Streams side) noexcept {
    return (static_cast<unsigned>(streams) & static_cast<unsigned>(side)) != 0;
}

// Runs a handler where it was registered to run; what it throws is answered by its writer or
// reply, which it drops.
void run_on(Executor* executor, Function<void()> handler) {
    auto shared = std::make_shared<Function<void()>>(std::move(handler));
    const auto contained = [shared] {
        try {
            (*shared)();
        } catch (...) {
            shared->reset();
        }
    };
    if (executor == nullptr) return contained();
    // Refused: the handler is dropped, and with it the duty to answer.
    (void)executor->post(contained);
}

}  // namespace

bool streams_reply(Streams streams) noexcept { return has(streams, Streams::reply); }
bool streams_request(Streams streams) noexcept { return has(streams, Streams::request); }

Result<void> Service::add_stream_method(std::string_view name, StreamHandler handler,
                                        MethodOptions options) {
    options.streams = Streams::reply;
    auto* executor = options.executor;
    auto raw = [this, handler = std::move(handler), executor](Request request, Reply reply) {
        auto args = read_args(*request.exchange());
        if (!args) {
            reply.fail(args.error());
            return;
        }
        StreamWriter writer(request, std::move(reply));
        run_on(executor, [keep = shared_from_this(), &handler, args = std::move(*args),
                          request = std::move(request), writer = std::move(writer)]() mutable {
            handler(std::move(args), std::move(request), std::move(writer));
        });
    };
    return add_raw_method(name, std::move(raw), false, options);
}

Result<void> Service::add_stream_method(std::string_view name, StreamedRequestHandler handler,
                                        MethodOptions options) {
    options.streams = Streams::request;
    auto* executor = options.executor;
    auto raw = [this, handler = std::move(handler), executor](Request request, Reply reply) {
        StreamReader reader(request);
        run_on(executor, [keep = shared_from_this(), &handler, reader = std::move(reader),
                          request = std::move(request), reply = std::move(reply)]() mutable {
            handler(std::move(reader), std::move(request), std::move(reply));
        });
    };
    return add_raw_method(name, std::move(raw), false, options);
}

Result<void> Service::add_stream_method(std::string_view name, DuplexHandler handler,
                                        MethodOptions options) {
    options.streams = Streams::both;
    auto* executor = options.executor;
    auto raw = [this, handler = std::move(handler), executor](Request request, Reply reply) {
        StreamReader reader(request);
        StreamWriter writer(request, std::move(reply));
        run_on(executor, [keep = shared_from_this(), &handler, reader = std::move(reader),
                          request = std::move(request), writer = std::move(writer)]() mutable {
            handler(std::move(reader), std::move(request), std::move(writer));
        });
    };
    return add_raw_method(name, std::move(raw), false, options);
}

std::optional<Error> Service::content_mismatch(const Method& method,
                                               http::Exchange& exchange) const {
    if (streams_request(method.streams)) {
        if (!is_ndjson(exchange.content_type())) {
            return Error(ErrorCode::unsupported_media,
                         "arguments are a stream: application/x-ndjson");
        }
        exchange.item_bytes_max = limits_.body_bytes_max;
        exchange.item_depth_max = limits_.json_depth_max;
    } else if (exchange.head.method == "POST" && !exchange.body.empty()) {
        const auto reads = serializer::reads_as(exchange.content_type());
        if (!reads) {
            return Error(ErrorCode::unsupported_media,
                         "arguments are read as application/json or application/capnp");
        }
        exchange.args_serializer = *reads;
    }
    const auto accept = exchange.head.headers.get("accept").value_or("");
    if (streams_reply(method.streams)) {
        if (accepted_framing(accept)) return std::nullopt;
        return Error(ErrorCode::not_acceptable,
                     "the reply is a stream: application/x-ndjson or text/event-stream");
    }
    const auto wanted = serializer::wanted(accept, exchange.args_serializer);
    if (!wanted) {
        return Error(ErrorCode::not_acceptable,
                     "replies are written as application/json or application/capnp");
    }
    exchange.reply_serializer = *wanted;
    return std::nullopt;
}

Result<Value> Service::read_args(const http::Exchange& exchange) const {
    return read_value(exchange.body, exchange.args_serializer, {limits_.json_depth_max});
}

// Whether the body of this request is to be read piece by piece.
bool Service::wants_streamed(const http::Exchange& exchange) const {
    const auto path = exchange.target().path;
    if (!path.starts_with(kMethodsPrefix)) return false;
    const auto method = methods_.find(path.substr(kMethodsPrefix.size()));
    return method != methods_.end() && streams_request(method->second.streams) &&
           exchange.head.method == "POST" && is_ndjson(exchange.content_type());
}

}  // namespace tidewire::patterns::request_response
