// Where values meet messages: the members of Request, Response and Reply that know serializers.
#include <tidewire/reply.hpp>
#include <tidewire/request.hpp>
#include <tidewire/response.hpp>
#include <tidewire/capnp_message.hpp>
#include <tidewire/value.hpp>

#include <utility>

#include "http/exchange.hpp"
#include "patterns/request_response/values.hpp"
#include "serializer/media.hpp"

namespace tidewire {

namespace patterns::request_response {

Result<Value> read_value(std::string_view body, Serializer serializer, JsonOptions options) {
    if (body.empty()) return Value();
    if (serializer == Serializer::json) return Value::parse(body, options);
    MessageLimits limits;
    limits.nesting_max = options.depth_max;
    auto value = decode_message(body, limits);
    if (!value) return Error(ErrorCode::invalid_argument, std::string(value.error().message()));
    return value;
}

Result<std::string> write_value(const Value& value, Serializer serializer) {
    return serializer == Serializer::json ? value.dump() : encode_message(value);
}

Response value_response(const Value& value, Serializer serializer) {
    if (serializer == Serializer::json) return Response::json(value);
    auto message = encode_message(value);
    if (!message) return Response::problem(message.error());
    return Response::bytes(std::move(*message),
                           std::string(serializer::content_type_of(serializer)));
}

}  // namespace patterns::request_response

Serializer Request::args_serializer() const noexcept { return exchange_->args_serializer; }
Serializer Request::reply_serializer() const noexcept { return exchange_->reply_serializer; }
Result<Value> Request::args() const {
    return patterns::request_response::read_value(body(), args_serializer());
}

Result<Value> Request::json() const { return Value::parse(body()); }

Response Response::json(const Value& value, int status) {
    Response response{status, "application/json", {}, {}};
    if (auto written = value.dump_to(response.body); !written) return problem(written.error());
    return response;
}

Result<Value> Response::json() const {
    auto value = Value::parse(body);
    if (!value) return Error(ErrorCode::invalid_data, std::string(value.error().message()));
    return value;
}

Result<void> Response::error() const {
    if (status < 400) return {};
    ErrorCode code = error_code_from_http_status(status);
    std::string detail;
    if (content_type.starts_with("application/problem+json")) {
        if (const auto problem = Value::parse(body)) {
            const auto name = (*problem)["code"].as<std::string_view>();
            if (name) code = error_code_from_name(*name).value_or(code);
            detail = (*problem)["detail"].as<std::string>().value_or("");
        }
    }
    if (detail.empty()) detail = "the server answered " + std::to_string(status);
    return Error(code, std::move(detail));
}

bool Reply::send(const Value& value) {
    if (exchange_ == nullptr) return false;
    return send(patterns::request_response::value_response(value, exchange_->reply_serializer));
}

}  // namespace tidewire
