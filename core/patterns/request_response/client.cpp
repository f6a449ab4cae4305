#include "patterns/request_response/client.hpp"

#include <utility>

#include "patterns/request_response/server.hpp"

namespace tidewire::patterns::request_response {

Result<void> fill_call(http::Operation& operation, std::string_view prefix, std::string_view name,
                       std::string args_json) {
    if (!valid_name(name)) {
        return Error(ErrorCode::invalid_argument, "method name " + std::string(name));
    }
    operation.method = "POST";
    operation.target = std::string(prefix) + "/methods/" + std::string(name);
    operation.content_type = "application/json";
    operation.body = std::move(args_json);
    return {};
}

Result<Value> reply_value(Result<Response> response, JsonOptions options) {
    if (!response) return response.error();
    if (auto bad = response->error(); !bad) return bad.error();
    if (response->body.empty()) return Value();
    auto value = Value::parse(response->body, options);
    if (!value) return Error(ErrorCode::invalid_data, std::string(value.error().message()));
    return value;
}

}  // namespace tidewire::patterns::request_response
