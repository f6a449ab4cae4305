// TLS options as the package gives them, see tls.py.
#pragma once

#include <pybind11/pybind11.h>

#include <optional>

#include <tidewire/tls.hpp>

namespace tidewire::python {

// `given` is None, or a dict with the names of the struct's members; texts are bytes. Raises
// invalid_argument for what is of a wrong type.
[[nodiscard]] std::optional<Tls> server_tls_from(pybind11::handle given);
[[nodiscard]] std::optional<ClientTls> client_tls_from(pybind11::handle given);

}  // namespace tidewire::python
