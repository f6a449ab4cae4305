// Response: what a route's handler answers and what a client receives; and the conversions of
// bodies, header fields and durations that servers and clients share.
#pragma once

#include <pybind11/pybind11.h>

#include <chrono>
#include <optional>
#include <string>

#include <tidewire/headers.hpp>
#include <tidewire/response.hpp>
#include <tidewire/result.hpp>

namespace tidewire::python {

void add_response_type(pybind11::module_& module);

// What a route's handler returned, as a Response: None is 204, str is text, bytes are bytes, a
// Response is itself, and all else is JSON.
[[nodiscard]] Result<Response> response_from(PyObject* result);
// A new Python Response. Throws py::error_already_set.
[[nodiscard]] pybind11::object wrap_response(Response response);

[[nodiscard]] bool is_response(PyObject* object);

struct Body {
    std::string bytes;
    std::string content_type;
};
// None, bytes-like or str; nothing for any other type.
[[nodiscard]] Result<std::optional<Body>> body_from(PyObject* object);

// A mapping or a sequence of pairs; None is empty.
[[nodiscard]] Result<Headers> headers_from(pybind11::handle object);
// Takes a Content-Type out of what a user gave as header fields: it travels beside the others, and
// wins over the plain type of a body.
[[nodiscard]] std::optional<std::string> take_content_type(Headers& headers);
[[nodiscard]] pybind11::object wrap_headers(const Headers& headers);

// Seconds. None is nothing; infinity is zero, which the core takes as "no deadline"; anything
// positive is at least a millisecond. invalid_argument for the rest.
[[nodiscard]] Result<std::optional<std::chrono::milliseconds>> timeout_from(
    pybind11::handle seconds);

}  // namespace tidewire::python
