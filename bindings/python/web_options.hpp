// The options of a server that stands on the web: hosts, cors, tls and compression, as the package
// gives them; and the functions about ETags.
#pragma once

#include <pybind11/pybind11.h>

#include <tidewire/server.hpp>

namespace tidewire::python {

// `given` has the names of ServerOptions' members, see web.py. Raises invalid_argument for what is
// of a wrong type.
void read_web_options(const pybind11::dict& given, ServerOptions& options);

void add_web_functions(pybind11::module_& module);

}  // namespace tidewire::python
