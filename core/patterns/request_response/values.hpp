// Values as the bodies of messages, by either serializer.
#pragma once

#include <string>
#include <string_view>

#include <tidewire/response.hpp>
#include <tidewire/result.hpp>
#include <tidewire/serializer.hpp>
#include <tidewire/value.hpp>

namespace tidewire::patterns::request_response {

// An empty body is null. invalid_argument for what is none.
[[nodiscard]] Result<Value> read_value(std::string_view body, Serializer serializer,
                                       JsonOptions options = {});
[[nodiscard]] Result<std::string> write_value(const Value& value, Serializer serializer);
// 200 with the value; the problem invalid_argument when the serializer cannot say it.
[[nodiscard]] Response value_response(const Value& value, Serializer serializer);

}  // namespace tidewire::patterns::request_response
