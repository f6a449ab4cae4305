// JSON text and core Values as JavaScript values.
#pragma once

#include <string_view>

#include <napi.h>

#include <tidewire/value.hpp>

#include "handoff.hpp"

namespace tidewire::node {

// Integers are numbers when they are safe (+-(2^53 - 1)), else bigints. Maps are plain objects on
// which `__proto__` is a key like any other.
[[nodiscard]] Napi::Value to_javascript(Napi::Env env, const Value& value);

// Checks the text. Gives [value] when it has integers that JSON.parse would change, else undefined:
// JSON.parse is faster than any object made through Node-API. Throws `code` with the reason of
// Value::scan when it is no JSON.
[[nodiscard]] Napi::Value exact(const Handoff& handoff, Napi::Env env, std::string_view json,
                                JsonOptions options, ErrorCode code);
// The same, with the text as a string instead of undefined.
[[nodiscard]] Napi::Value parsed(const Handoff& handoff, Napi::Env env, std::string_view json,
                                 JsonOptions options, ErrorCode code);

void define_value_functions(Napi::Object& exports, Handoff& handoff);

}  // namespace tidewire::node
