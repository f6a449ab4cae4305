// The module tidewire._core: types and the hand-off between threads, no logic. What it offers is
// declared in packages/python/tidewire/_core.pyi.
#include <pybind11/pybind11.h>

#include <tidewire/version.hpp>

#include "client.hpp"
#include "coroutine.hpp"
#include "eager.hpp"
#include "handler.hpp"
#include "handoff.hpp"
#include "job.hpp"
#include "request.hpp"
#include "response.hpp"
#include "server.hpp"
#include "stream.hpp"
#include "value.hpp"
#include "state.hpp"
#include "web_options.hpp"

namespace tidewire::python {
namespace {

PyObject* kept(const py::object& object) { return object.inc_ref().ptr(); }

void configure(const py::dict& errors, const py::object& error_root, const py::object& headers,
               const py::object& query, const py::object& log_failure, const py::object& to_plain,
               const py::object& principal) {
    State& s = state();
    s.errors = kept(errors);
    s.error_root = kept(error_root);
    s.make_headers = kept(headers);
    s.make_query = kept(query);
    s.log_failure = kept(log_failure);
    s.to_plain = kept(to_plain);
    s.make_principal = kept(principal);
}

void shut_down() {
    stop_all_servers();
    close_all_loops();
}

}  // namespace
}  // namespace tidewire::python

PYBIND11_MODULE(_core_of_main, module) {
    using namespace tidewire::python;  // NOLINT: the body of the module
    load_state();
    module.attr("__version__") = TIDEWIRE_VERSION;
    module.def("configure", &configure, py::arg("errors"), py::arg("error_root"),
               py::arg("headers"), py::arg("query"), py::arg("log_failure"), py::arg("to_plain"),
               py::arg("principal"));
    module.def("shut_down", &shut_down);
    module.def("note_fork", &note_fork);
    add_request_types(module);
    add_response_type(module);
    add_handler_type(module);
    add_coroutine_type();
    add_eager_type();
    add_job_type();
    add_handoff_types(module);
    add_message_functions(module);
    add_stream_types(module);
    add_server_type(module);
    add_web_functions(module);
    add_client_type(module);
}

// The entry. Objects of one interpreter would be used from another, since State is one per process;
// and it must be refused before pybind11 looks for its own state, which would wait for ever.
extern "C" PYBIND11_EXPORT PyObject* PyInit__core() {
    if (PyInterpreterState_Get() == PyInterpreterState_Main()) return PyInit__core_of_main();
    PyErr_SetString(PyExc_ImportError, "tidewire does not work in subinterpreters");
    return nullptr;
}
