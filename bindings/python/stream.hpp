// The two ends of a stream as Python objects: what a handler that streams is given, and what a
// client that streams gets. The package wraps them in async iterators (tidewire/streams.py).
#pragma once

#include <pybind11/pybind11.h>

#include <tidewire/stream.hpp>

namespace tidewire::python {

struct Exchange;
class HostLoop;

// The writer of the reply, which takes the right to answer.
[[nodiscard]] pybind11::object new_writer(Exchange& exchange);
// The reader of the request's items.
[[nodiscard]] pybind11::object new_reader(const Exchange& exchange);

// Those of a client; `owner` is what keeps `host`.
[[nodiscard]] pybind11::object wrap_writer(pybind11::object owner, HostLoop& host,
                                           StreamWriter writer);
[[nodiscard]] pybind11::object wrap_reader(pybind11::object owner, HostLoop& host,
                                           StreamReader reader);

void add_stream_types(pybind11::module_& module);

}  // namespace tidewire::python
