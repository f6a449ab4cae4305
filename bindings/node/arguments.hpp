// Between the arguments of a native function and the types of the core.
//
// The functions are internal to the package, which checks what users give. A wrong type still is
// an exception, never a crash: Node-API refuses it.
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>

#include <napi.h>

#include "handoff.hpp"

namespace tidewire::node {

using Bound = Napi::Value(Handoff&, const Napi::CallbackInfo&);

// A native function of JavaScript with its Handoff as bound data.
template <Bound* function>
Napi::Value bound(const Napi::CallbackInfo& info) {
    return function(*static_cast<Handoff*>(info.Data()), info);
}
template <Bound* function>
void define(Napi::Object& exports, const char* name, Handoff& handoff) {
    exports.Set(name, Napi::Function::New<&bound<function>>(exports.Env(), name, &handoff));
}

// Lone surrogates become U+FFFD.
[[nodiscard]] std::string utf8(const Napi::Value& value);
// A string as UTF-8, the bytes of a Uint8Array, or nothing for undefined.
[[nodiscard]] std::string bytes(const Napi::Value& value);
[[nodiscard]] Napi::String text(Napi::Env env, std::string_view utf8);
// A new Uint8Array with a copy. Copying is cheaper than a finalizer up to some KiB, and a view
// would keep the whole message alive.
[[nodiscard]] Napi::Value byte_array(Napi::Env env, std::string_view bytes);
// A message's body: as a string where that is the same (short ASCII text, which is what most JSON
// is), since a string costs a fraction of a Uint8Array; else as bytes.
[[nodiscard]] Napi::Value body_value(Napi::Env env, std::string_view body);
// Names and values in turn, a line each: one string, which JavaScript splits when asked. A line
// feed cannot stand in a field (RFC 9110 5.5).
[[nodiscard]] Napi::String header_lines(Napi::Env env, const Headers& headers);
// From [name, value, name, value, ...]; undefined is none. Throws invalid_argument for a name or
// value that HTTP cannot carry.
[[nodiscard]] Headers headers_from(const Handoff& handoff, const Napi::Value& flat);
// Milliseconds, or nothing for undefined.
[[nodiscard]] std::optional<std::chrono::milliseconds> duration(const Napi::Value& value);
// Overwrites what `object` has; an unknown name or a value that is no count is invalid_argument.
void read_limits(const Handoff& handoff, const Napi::Value& object, Limits& limits);

template <class T>
T checked(const Handoff& handoff, Napi::Env env, Result<T> result) {
    if (!result) throw handoff.exception(env, result.error());
    if constexpr (!std::is_void_v<T>) return std::move(*result);
}

}  // namespace tidewire::node
