// Cap'n Proto messages of any value: what value.hpp says of Python objects holds for them.
#include <algorithm>
#include <array>

#include <tidewire/capnp_message.hpp>

#include "state.hpp"
#include "value.hpp"

namespace tidewire::python {
namespace {

std::string bytes_or_raise(const py::object& object, const char* name) {
    if (PyObject_CheckBuffer(object.ptr()) == 0) {
        raise(Error(ErrorCode::invalid_argument, std::string(name) + " is bytes"));
    }
    const auto bytes = py::reinterpret_steal<py::bytes>(PyBytes_FromObject(object.ptr()));
    if (!bytes) throw py::error_already_set();
    return std::string(bytes);
}

std::size_t limit_or_raise(const py::object& object, const char* name) {
    const std::int64_t value = integer_or_raise(object, name);
    if (value < 1) raise(Error(ErrorCode::invalid_argument, std::string(name) + " is 1 or more"));
    return static_cast<std::size_t>(value);
}

py::bytes encode(const py::object& value) {
    return py::bytes(value_or_raise(to_body(value.ptr(), Serializer::capnp)));
}

py::object decode(const py::object& message, const py::object& traversal_words_max,
                  const py::object& nesting_max) {
    MessageLimits limits;
    limits.traversal_words_max = limit_or_raise(traversal_words_max, "traversal_words_max");
    // Each level is a frame of a stack.
    constexpr std::size_t kNestingMost = 1000;
    limits.nesting_max = std::min(limit_or_raise(nesting_max, "nesting_max"), kNestingMost);
    const auto value = value_or_raise(decode_message(bytes_or_raise(message, "message"), limits));
    const auto object = py::reinterpret_steal<py::object>(to_python(value));
    if (!object) throw py::error_already_set();
    return object;
}

py::bytes pack(const py::object& message) {
    return py::bytes(value_or_raise(pack_message(bytes_or_raise(message, "message"))));
}

py::bytes unpack(const py::object& packed, const py::object& message_bytes_max) {
    MessageLimits limits;
    limits.message_bytes_max = limit_or_raise(message_bytes_max, "message_bytes_max");
    return py::bytes(value_or_raise(unpack_message(bytes_or_raise(packed, "packed"), limits)));
}

}  // namespace

Result<std::string> to_body(PyObject* object, Serializer serializer) {
    const auto value = to_value(object);
    if (!value) return value.error();
    return serializer == Serializer::json ? value->dump() : encode_message(*value);
}

void add_message_functions(py::module_& module) {
    const MessageLimits limits;
    module.def("encode_message", &encode, py::arg("value"));
    module.def("decode_message", &decode, py::arg("message"), py::kw_only(),
               py::arg("traversal_words_max") = limits.traversal_words_max,
               py::arg("nesting_max") = limits.nesting_max);
    module.def("pack_message", &pack, py::arg("message"));
    module.def("unpack_message", &unpack, py::arg("packed"), py::kw_only(),
               py::arg("message_bytes_max") = limits.message_bytes_max);
}

}  // namespace tidewire::python
