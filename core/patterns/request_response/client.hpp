// The client's side of request-response: what a call by name is on the wire, and what its response
// means.
#pragma once

#include <string>
#include <string_view>

#include <tidewire/response.hpp>
#include <tidewire/result.hpp>
#include <tidewire/serializer.hpp>
#include <tidewire/value.hpp>

#include "http/pool.hpp"

namespace tidewire::patterns::request_response {

// POST {prefix}/methods/{name}. invalid_argument when the name cannot be one.
[[nodiscard]] Result<void> fill_call(http::Operation& operation, std::string_view prefix,
                                     std::string_view name, std::string args,
                                     Serializer serializer = Serializer::json);

// The value of a reply, or the error that came instead of it.
[[nodiscard]] Result<Value> reply_value(Result<Response> response, JsonOptions options = {});

}  // namespace tidewire::patterns::request_response
