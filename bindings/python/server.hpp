// Server: the Python face's handle on a tidewire::Server whose handlers run on one HostLoop.
#pragma once

#include <pybind11/pybind11.h>

namespace tidewire::python {

void add_server_type(pybind11::module_& module);
// Ends every server of this process at once; for the interpreter's end.
void stop_all_servers();

}  // namespace tidewire::python
