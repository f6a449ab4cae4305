// Client: the Python face's handle on a tidewire::Client whose results come to one HostLoop.
#pragma once

#include <pybind11/pybind11.h>

namespace tidewire::python {

void add_client_type(pybind11::module_& module);

}  // namespace tidewire::python
