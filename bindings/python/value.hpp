// Value <-> Python objects.
//
//   null bool int64 uint64 float64 text data list map
//   None bool int   int    float   str  bytes list dict
//
// On the way in, tuples are lists and subclasses are what they derive from; an int beyond int64 and
// uint64, a key that is no str, text that is not UTF-8 and any other type are invalid_argument,
// with the place, as in `args.items[2].price: ...`. Whether JSON can say the value (NaN, bytes) is
// told by Value::dump().
//
// The GIL is needed. No Python exception stays set after to_value().
#pragma once

#include <pybind11/pybind11.h>

#include <tidewire/result.hpp>
#include <tidewire/serializer.hpp>
#include <tidewire/value.hpp>

namespace tidewire::python {

// Deeper values are refused, self-referring ones among them. JSON readers refuse them as well.
inline constexpr int kValueDepthMax = 64;

[[nodiscard]] Result<Value> to_value(PyObject* object);
// to_value() and Value::dump(): the JSON text.
[[nodiscard]] Result<std::string> to_json(PyObject* object);

// The same by either serializer.
[[nodiscard]] Result<std::string> to_body(PyObject* object, Serializer serializer);

// encode_message, decode_message, pack_message, unpack_message.
void add_message_functions(pybind11::module_& module);

// A new reference, or null with a Python exception set (memory).
[[nodiscard]] PyObject* to_python(const Value& value);

// The name of the type of `object`, for messages.
[[nodiscard]] std::string type_name(PyObject* object);

}  // namespace tidewire::python
