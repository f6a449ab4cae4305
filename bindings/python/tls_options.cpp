#include "tls_options.hpp"

#include <string>

#include "state.hpp"

namespace tidewire::python {
namespace {

std::string member(const py::dict& given, const char* name) {
    const py::handle value = given[name];
    if (!PyBytes_Check(value.ptr())) {
        raise(Error(ErrorCode::invalid_argument, std::string("tls.") + name + " is bytes"));
    }
    PyObject* raw = value.ptr();
    return {PyBytes_AS_STRING(raw), static_cast<std::size_t>(PyBytes_GET_SIZE(raw))};
}

}  // namespace

std::optional<Tls> server_tls_from(py::handle given) {
    if (given.is_none()) return std::nullopt;
    const auto options = py::reinterpret_borrow<py::dict>(given);
    return Tls{member(options, "cert"), member(options, "key"), member(options, "client_ca")};
}

std::optional<ClientTls> client_tls_from(py::handle given) {
    if (given.is_none()) return std::nullopt;
    const auto options = py::reinterpret_borrow<py::dict>(given);
    return ClientTls{member(options, "ca"), member(options, "cert"), member(options, "key"),
                     py::cast<bool>(options["verify"]), member(options, "server_name")};
}

}  // namespace tidewire::python
