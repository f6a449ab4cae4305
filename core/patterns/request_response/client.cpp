#include "patterns/request_response/client.hpp"

#include <utility>

#include "patterns/request_response/server.hpp"
#include "patterns/request_response/values.hpp"
#include "serializer/media.hpp"

namespace tidewire::patterns::request_response {

Result<void> fill_call(http::Operation& operation, std::string_view prefix, std::string_view name,
                       std::string args, Serializer serializer) {
    if (!valid_name(name)) {
        return Error(ErrorCode::invalid_argument, "method name " + std::string(name));
    }
    operation.method = "POST";
    operation.target = std::string(prefix) + "/methods/" + std::string(name);
    operation.content_type = serializer::content_type_of(serializer);
    operation.body = std::move(args);
    return {};
}

Result<Value> reply_value(Result<Response> response, JsonOptions options) {
    if (!response) return response.error();
    if (auto bad = response->error(); !bad) return bad.error();
    const auto written = serializer::reads_as(response->content_type);
    if (!written) return Error(ErrorCode::invalid_data, "the reply is of a type that is not read");
    auto value = read_value(response->body, *written, options);
    if (!value) return Error(ErrorCode::invalid_data, std::string(value.error().message()));
    return value;
}

}  // namespace tidewire::patterns::request_response
