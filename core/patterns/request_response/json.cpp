// Where values meet messages: the members of Request, Response and Reply that know JSON.
#include <tidewire/reply.hpp>
#include <tidewire/request.hpp>
#include <tidewire/response.hpp>
#include <tidewire/value.hpp>

namespace tidewire {

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

bool Reply::send(const Value& value) { return send(Response::json(value)); }

}  // namespace tidewire
