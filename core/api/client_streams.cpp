// The members of Client that stream.
#include <tidewire/client.hpp>

#include <utility>

#include "api/client_impl.hpp"
#include "patterns/request_response/client.hpp"
#include "patterns/request_response/client_streams.hpp"

namespace tidewire {
namespace {

namespace request_response = patterns::request_response;
using request_response::ItemFraming;

// A stream that lasts as long as it wants: without a timeout of its own it has none.
Result<base::Ref<http::Operation>> prepare(const api::ClientImpl& impl, std::string_view method,
                                           std::string json, const CallOptions& options) {
    if (options.serializer == Serializer::capnp) {
        return Error(ErrorCode::invalid_argument, "streams are JSON");
    }
    auto operation = base::make_ref<http::Operation>();
    if (auto ok = request_response::fill_call(*operation, impl.prefix(), method, std::move(json));
        !ok) {
        return ok.error();
    }
    if (auto ok = impl.fill_headers(*operation, options.headers); !ok) return ok.error();
    operation->timeout = options.timeout.value_or(std::chrono::milliseconds(0));
    return operation;
}

// The reader of a streamed reply, and what its operation is to be given as `done`.
std::shared_ptr<request_response::ReplySource> reply_of(const api::ClientImpl& impl,
                                                        http::Operation& operation) {
    operation.stream_response = true;
    api::ClientImpl::want(operation, content_type_of(ItemFraming::ndjson));
    return std::make_shared<request_response::ReplySource>(
        impl.inbox(), base::Ref<http::Operation>(&operation), impl.options().limits);
}

std::shared_ptr<request_response::RequestSink> items_of(const api::ClientImpl& impl,
                                                        http::Operation& operation) {
    operation.content_type = content_type_of(ItemFraming::ndjson);
    return std::make_shared<request_response::RequestSink>(impl.inbox());
}

// A reader that has failed before it began.
StreamReader failed_reader(const api::ClientImpl& impl, const Error& error) {
    auto source = std::make_shared<request_response::ReplySource>(
        impl.inbox(), base::make_ref<http::Operation>(), impl.options().limits);
    (void)impl.inbox()->post([source, error] { source->begin(error); });
    return StreamReader(source);
}

template <class T, class Convert>
StreamedRequest<T> send_stream(api::ClientImpl& impl, std::string_view method,
                               const CallOptions& options, Convert convert) {
    auto state = std::make_shared<typename Call<T>::State>();
    auto operation = prepare(impl, method, {}, options);
    if (!operation) {
        state->settle(operation.error());
        return {StreamWriter(), Call<T>(std::move(state))};
    }
    api::ClientImpl::want(**operation, "application/json");
    auto sink = items_of(impl, **operation);
    auto cancel = impl.submit(
        *operation,
        [state, convert](Result<Response> response) {
            state->settle(convert(std::move(response)));
        },
        [sink](http::BodyWriter body) { sink->open(std::move(body)); });
    if (cancel) state->on_cancel(std::move(cancel));
    return {StreamWriter(std::move(sink)), Call<T>(std::move(state))};
}

}  // namespace

StreamReader Client::stream(std::string_view method, const Value& args, CallOptions options) {
    Result<std::string> json = std::string();  // no arguments, no body
    if (!args.is_null()) json = args.dump();
    if (!json) return failed_reader(*impl_, json.error());
    return stream_json(method, std::move(*json), std::move(options));
}

StreamReader Client::stream_json(std::string_view method, std::string args_json,
                                 CallOptions options) {
    auto operation = prepare(*impl_, method, std::move(args_json), options);
    if (!operation) return failed_reader(*impl_, operation.error());
    auto source = reply_of(*impl_, **operation);
    (void)impl_->submit(*operation, [source](Result<Response> head) {
        source->begin(std::move(head));
    });
    return StreamReader(std::move(source));
}

StreamedRequest<Value> Client::call_with_stream(std::string_view method, CallOptions options) {
    const JsonOptions limits{impl_->options().limits.json_depth_max};
    return send_stream<Value>(*impl_, method, options, [limits](Result<Response> response) {
        return request_response::reply_value(std::move(response), limits);
    });
}

StreamedRequest<Response> Client::call_with_stream_json(std::string_view method,
                                                        CallOptions options) {
    return send_stream<Response>(*impl_, method, options,
                                 [](Result<Response> response) { return response; });
}

StreamedExchange Client::stream_with_stream(std::string_view method, CallOptions options) {
    auto operation = prepare(*impl_, method, {}, options);
    if (!operation) return {StreamWriter(), failed_reader(*impl_, operation.error())};
    auto source = reply_of(*impl_, **operation);
    auto sink = items_of(*impl_, **operation);
    (void)impl_->submit(
        *operation, [source](Result<Response> head) { source->begin(std::move(head)); },
        [sink](http::BodyWriter body) { sink->open(std::move(body)); });
    return {StreamWriter(std::move(sink)), StreamReader(std::move(source))};
}

}  // namespace tidewire
