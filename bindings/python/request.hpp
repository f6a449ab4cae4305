// Request and Context: what a route handler and a method handler are given of the exchange.
//
// Both are views of one tidewire::Request, made per request, so they are plain C types: an
// attribute costs a tenth of what a bound property does. What is asked for is built then and kept.
// Neither can be made or subclassed from Python.
#pragma once

#include <pybind11/pybind11.h>

#include <tidewire/request.hpp>

namespace tidewire::python {

struct RequestObject {
    PyObject_HEAD
    tidewire::Request request;
    PyObject* headers;
    PyObject* query;
    PyObject* params;
    PyObject* body;
    PyObject* principal;
    double deadline;      // time.monotonic(), 0: not asked for yet
    unsigned generation;  // see process_generation()
    bool abandoned;       // the host's loop has ended: nobody waits for the answer
};

// Adds the types `Request` and `Context` to the module. Throws py::error_already_set.
void add_request_types(pybind11::module_& module);

// New references; null with an exception set.
[[nodiscard]] RequestObject* new_request(tidewire::Request request);
[[nodiscard]] RequestObject* new_context(tidewire::Request request);

// The request of a Request object; null for any other object.
[[nodiscard]] const tidewire::Request* request_in(PyObject* object) noexcept;

[[nodiscard]] inline bool is_cancelled(const RequestObject& object) noexcept {
    return object.abandoned || object.request.cancelled();
}

}  // namespace tidewire::python
