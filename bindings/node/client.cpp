#include "client.hpp"

#include "arguments.hpp"
#include "tls_options.hpp"
#include "value.hpp"

namespace tidewire::node {

Client& client_at(Handoff& handoff, const Napi::Value& slot) {
    auto* client = handoff.clients.find(slot.As<Napi::Number>().Uint32Value());
    if (client == nullptr) {
        throw handoff.exception(slot.Env(), Error(ErrorCode::misuse, "the client was closed"));
    }
    return *client;
}

namespace {

// (url, timeout, connect timeout, connections, idle timeout, flat headers, limits, TLS options,
// compression) -> client
Napi::Value client_create(Handoff& handoff, const Napi::CallbackInfo& info) {
    ClientOptions options;
    const std::string url = utf8(info[0]);
    options.timeout = duration(info[1]).value_or(options.timeout);
    options.connect_timeout = duration(info[2]).value_or(options.connect_timeout);
    if (!info[3].IsUndefined()) options.connections_max = info[3].As<Napi::Number>().Uint32Value();
    options.idle_timeout = duration(info[4]).value_or(options.idle_timeout);
    options.headers = headers_from(handoff, info[5]);
    read_limits(handoff, info[6], options.limits);
    options.tls = client_tls_from(info[7]);
    options.compression = info[8].ToBoolean();
    options.runtime = handoff.host(info.Env())->runtime();
    Client client = checked(handoff, info.Env(), Client::create(url, std::move(options)));
    return Napi::Number::New(info.Env(), handoff.clients.add(std::move(client)));
}

// (client, operation): completes with an empty response when there is a connection
Napi::Value client_open(Handoff& handoff, const Napi::CallbackInfo& info) {
    const std::uint32_t operation = info[1].As<Napi::Number>().Uint32Value();
    client_at(handoff, info[0]).open().then(handoff.host(info.Env())->completion_void(operation));
    return info.Env().Undefined();
}

void begin(Handoff& handoff, const std::shared_ptr<Host>& host, std::uint32_t operation,
           Call<Response> call) {
    handoff.calls.insert_or_assign(operation, call);
    call.then(host->completion(operation));
}

// (client, operation, method, arguments as JSON or as a Cap'n Proto message, timeout or undefined,
// flat headers or undefined, whether by Cap'n Proto)
Napi::Value client_call(Handoff& handoff, const Napi::CallbackInfo& info) {
    CallOptions options;
    options.timeout = duration(info[4]);
    options.headers = headers_from(handoff, info[5]);
    options.serializer = info[6].ToBoolean() ? Serializer::capnp : Serializer::json;
    handoff.start([&handoff, client = client_at(handoff, info[0]), host = handoff.host(info.Env()),
                   operation = info[1].As<Napi::Number>().Uint32Value(), method = utf8(info[2]),
                   args = bytes(info[3]), options = std::move(options)]() mutable {
        begin(handoff, host, operation,
              client.call_raw(method, std::move(args), std::move(options)));
    });
    return info.Env().Undefined();
}

// (client, operation, HTTP method, target, flat headers, body, content type, timeout)
Napi::Value client_request(Handoff& handoff, const Napi::CallbackInfo& info) {
    RequestOptions options;
    options.headers = headers_from(handoff, info[4]);
    options.body = bytes(info[5]);
    options.content_type = bytes(info[6]);
    options.timeout = duration(info[7]);
    handoff.start([&handoff, client = client_at(handoff, info[0]), host = handoff.host(info.Env()),
                   operation = info[1].As<Napi::Number>().Uint32Value(), method = utf8(info[2]),
                   target = utf8(info[3]), options = std::move(options)]() mutable {
        begin(handoff, host, operation, client.request(method, target, std::move(options)));
    });
    return info.Env().Undefined();
}

// (operation): it still completes, by `cancelled` unless the answer is here
Napi::Value operation_cancel(Handoff& handoff, const Napi::CallbackInfo& info) {
    handoff.flush();  // it may not have begun
    const auto found = handoff.calls.find(info[0].As<Napi::Number>().Uint32Value());
    if (found == handoff.calls.end()) return info.Env().Undefined();
    Call<Response> call = found->second;  // its completion may come, and erase it, meanwhile
    call.cancel();
    return info.Env().Undefined();
}

Napi::Value client_url(Handoff& handoff, const Napi::CallbackInfo& info) {
    return text(info.Env(), client_at(handoff, info[0]).url());
}

// (client): what is under way completes with `closed`
Napi::Value client_close(Handoff& handoff, const Napi::CallbackInfo& info) {
    const std::uint32_t slot = info[0].As<Napi::Number>().Uint32Value();
    handoff.flush();
    if (handoff.clients.find(slot) != nullptr) handoff.clients.take(slot).close();
    return info.Env().Undefined();
}

// (result) -> the exception of a failed operation
Napi::Value take_error(Handoff& handoff, const Napi::CallbackInfo& info) {
    const Result<Response> result = handoff.take_result(info[0]);
    if (result) return info.Env().Undefined();
    return handoff.error_object(info.Env(), result.error());
}

// (result, depth) -> the value that a method gave, as parsed() gives it, or the bytes of a Cap'n
// Proto message; throws what the server reported
Napi::Value take_value(Handoff& handoff, const Napi::CallbackInfo& info) {
    const Napi::Env env = info.Env();
    const Result<Response> result = handoff.take_result(info[0]);
    if (!result) throw handoff.exception(env, result.error());
    checked(handoff, env, result->error());
    if (result->body.empty()) return env.Undefined();
    if (result->content_type == "application/capnp") return byte_array(env, result->body);
    JsonOptions options;
    options.depth_max = info[1].As<Napi::Number>().Uint32Value();
    return parsed(handoff, env, result->body, options, ErrorCode::invalid_data);
}

// (result) -> [content type, header lines, body]
Napi::Value take_response(Handoff& handoff, const Napi::CallbackInfo& info) {
    const Napi::Env env = info.Env();
    const Result<Response> result = handoff.take_result(info[0]);
    if (!result) throw handoff.exception(env, result.error());
    auto parts = Napi::Array::New(env, 3);
    parts.Set(0U, text(env, result->content_type));
    parts.Set(1U, header_lines(env, result->headers));
    parts.Set(2U, body_value(env, result->body));
    return parts;
}

// (status, content type, body) -> the exception that the response bears, or undefined
Napi::Value response_error(Handoff& handoff, const Napi::CallbackInfo& info) {
    Response response;
    response.status = info[0].As<Napi::Number>().Int32Value();
    response.content_type = utf8(info[1]);
    response.body = bytes(info[2]);
    const auto error = response.error();
    return error ? info.Env().Undefined() : handoff.error_object(info.Env(), error.error());
}

}  // namespace

void define_client_functions(Napi::Object& exports, Handoff& handoff) {
    define<&client_create>(exports, "clientCreate", handoff);
    define<&client_open>(exports, "clientOpen", handoff);
    define<&client_call>(exports, "clientCall", handoff);
    define<&client_request>(exports, "clientRequest", handoff);
    define<&operation_cancel>(exports, "operationCancel", handoff);
    define<&client_url>(exports, "clientUrl", handoff);
    define<&client_close>(exports, "clientClose", handoff);
    define<&take_error>(exports, "takeError", handoff);
    define<&take_value>(exports, "takeValue", handoff);
    define<&take_response>(exports, "takeResponse", handoff);
    define<&response_error>(exports, "responseError", handoff);
}

}  // namespace tidewire::node
