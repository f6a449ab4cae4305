#include "request.hpp"

#include <array>

#include "arguments.hpp"
#include "value.hpp"

namespace tidewire::node {
namespace {

// The content types that nearly every answer has, by number; the same list is in request.ts.
constexpr std::array<std::string_view, 5> kContentTypes{
    "", "application/json", "text/plain; charset=utf-8", "application/octet-stream",
    "application/capnp"};

Napi::Value request_method(Handoff& handoff, const Napi::CallbackInfo& info) {
    return text(info.Env(), handoff.request_at(info[0]).request.method());
}

Napi::Value request_target(Handoff& handoff, const Napi::CallbackInfo& info) {
    return text(info.Env(), handoff.request_at(info[0]).request.target());
}

Napi::Value request_path(Handoff& handoff, const Napi::CallbackInfo& info) {
    return text(info.Env(), handoff.request_at(info[0]).request.path());
}

Napi::Value request_query(Handoff& handoff, const Napi::CallbackInfo& info) {
    return text(info.Env(), handoff.request_at(info[0]).request.query_string());
}

Napi::Value request_params(Handoff& handoff, const Napi::CallbackInfo& info) {
    const Request& request = handoff.request_at(info[0]).request;
    auto flat = Napi::Array::New(info.Env(), request.param_count() * 2);
    for (std::size_t index = 0; index < request.param_count(); ++index) {
        const auto param = request.param_at(index);
        flat.Set(static_cast<std::uint32_t>(index * 2), text(info.Env(), param.name));
        flat.Set(static_cast<std::uint32_t>(index * 2 + 1), text(info.Env(), param.value));
    }
    return flat;
}

Napi::Value request_header(Handoff& handoff, const Napi::CallbackInfo& info) {
    const auto found = handoff.request_at(info[0]).request.headers().get(utf8(info[1]));
    return found ? text(info.Env(), *found) : info.Env().Undefined();
}

Napi::Value request_headers(Handoff& handoff, const Napi::CallbackInfo& info) {
    return header_lines(info.Env(), handoff.request_at(info[0]).request.headers());
}

Napi::Value request_body(Handoff& handoff, const Napi::CallbackInfo& info) {
    return byte_array(info.Env(), handoff.request_at(info[0]).request.body());
}

Napi::Value request_text(Handoff& handoff, const Napi::CallbackInfo& info) {
    return text(info.Env(), handoff.request_at(info[0]).request.body());
}

// The body of a route's request, as value.hpp's parsed() gives it.
Napi::Value request_json(Handoff& handoff, const Napi::CallbackInfo& info) {
    JsonOptions options;
    options.depth_max = info[1].As<Napi::Number>().Uint32Value();
    return parsed(handoff, info.Env(), handoff.request_at(info[0]).request.body(), options,
                  ErrorCode::invalid_argument);
}

// The arguments of a method, whose body has integers that JSON.parse would change.
Napi::Value request_value(Handoff& handoff, const Napi::CallbackInfo& info) {
    const Request& request = handoff.request_at(info[0]).request;
    return to_javascript(info.Env(), checked(handoff, info.Env(), request.json()));
}

// {id, claims}; undefined when there is none.
Napi::Value request_principal(Handoff& handoff, const Napi::CallbackInfo& info) {
    const Principal* principal = handoff.request_at(info[0]).request.principal();
    if (principal == nullptr) return info.Env().Undefined();
    const auto value = object({{"id", principal->id}, {"claims", principal->claims}});
    return to_javascript(info.Env(), value);
}

Napi::Value request_operation(Handoff& handoff, const Napi::CallbackInfo& info) {
    return text(info.Env(), handoff.request_at(info[0]).request.operation());
}

Napi::Value request_action(Handoff& handoff, const Napi::CallbackInfo& info) {
    return text(info.Env(), handoff.request_at(info[0]).request.action());
}

Napi::Value request_peer(Handoff& handoff, const Napi::CallbackInfo& info) {
    return text(info.Env(), handoff.request_at(info[0]).request.peer());
}

Napi::Value request_time_left(Handoff& handoff, const Napi::CallbackInfo& info) {
    const auto left = handoff.request_at(info[0]).request.time_left();
    if (!left) return info.Env().Undefined();
    return Napi::Number::New(info.Env(), static_cast<double>(left->count()));
}

std::uint32_t slot_of(Handoff& handoff, const Napi::Value& slot) {
    (void)handoff.request_at(slot);
    return slot.As<Napi::Number>().Uint32Value();
}

// (slot, status, number of the content type, body)
Napi::Value reply(Handoff& handoff, const Napi::CallbackInfo& info) {
    const std::uint32_t slot = slot_of(handoff, info[0]);
    Response response;
    response.status = info[1].As<Napi::Number>().Int32Value();
    response.content_type = kContentTypes.at(info[2].As<Napi::Number>().Uint32Value() % 5);
    response.body = bytes(info[3]);
    handoff.answer(slot, std::move(response));
    return info.Env().Undefined();
}

// (slot, status, content type or undefined, flat headers or undefined, body)
Napi::Value reply_full(Handoff& handoff, const Napi::CallbackInfo& info) {
    const std::uint32_t slot = slot_of(handoff, info[0]);
    Response response;
    response.status = info[1].As<Napi::Number>().Int32Value();
    response.content_type = bytes(info[2]);
    response.headers = headers_from(handoff, info[3]);
    response.body = bytes(info[4]);
    handoff.answer(slot, std::move(response));
    return info.Env().Undefined();
}

// (slot, code, message or undefined for the table's)
Napi::Value reply_error(Handoff& handoff, const Napi::CallbackInfo& info) {
    const std::uint32_t slot = slot_of(handoff, info[0]);
    const auto code = error_code_from_name(utf8(info[1])).value_or(ErrorCode::internal);
    handoff.answer(slot, Response::problem(Error(code, bytes(info[2]))));
    return info.Env().Undefined();
}

// Sends what the functions above have queued in this turn.
Napi::Value flush(Handoff& handoff, const Napi::CallbackInfo& info) {
    handoff.flush();
    return info.Env().Undefined();
}

}  // namespace

void define_request_functions(Napi::Object& exports, Handoff& handoff) {
    define<&request_method>(exports, "requestMethod", handoff);
    define<&request_target>(exports, "requestTarget", handoff);
    define<&request_path>(exports, "requestPath", handoff);
    define<&request_query>(exports, "requestQuery", handoff);
    define<&request_params>(exports, "requestParams", handoff);
    define<&request_header>(exports, "requestHeader", handoff);
    define<&request_headers>(exports, "requestHeaders", handoff);
    define<&request_body>(exports, "requestBody", handoff);
    define<&request_text>(exports, "requestText", handoff);
    define<&request_json>(exports, "requestJson", handoff);
    define<&request_value>(exports, "requestValue", handoff);
    define<&request_principal>(exports, "requestPrincipal", handoff);
    define<&request_operation>(exports, "requestOperation", handoff);
    define<&request_action>(exports, "requestAction", handoff);
    define<&request_peer>(exports, "requestPeer", handoff);
    define<&request_time_left>(exports, "requestTimeLeft", handoff);
    define<&reply>(exports, "reply", handoff);
    define<&reply_full>(exports, "replyFull", handoff);
    define<&reply_error>(exports, "replyError", handoff);
    define<&flush>(exports, "flush", handoff);
}

}  // namespace tidewire::node
