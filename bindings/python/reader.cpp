// The Reader, which an event loop calls when the core has rung, and the Host's Python class.
#include <new>
#include <utility>

#include "gc.hpp"
#include "handoff.hpp"
#include "state.hpp"

namespace tidewire::python {
namespace {

PyTypeObject* reader_type = nullptr;  // NOLINT: one per process, as State

struct Reader {
    PyObject_HEAD
    HostLoop* host;
    py::object owner;  // the HostLoop as a Python object
};

Reader& reader_of(PyObject* self) { return *reinterpret_cast<Reader*>(self); }

PyObject* reader_call(PyObject* object, PyObject*, PyObject*) {
    const py::object owner = reader_of(object).owner;
    if (!owner) Py_RETURN_NONE;
    return reader_of(object).host->drain(owner);
}

int reader_traverse(PyObject* object, visitproc visit, void* arg) {
    Py_VISIT(Py_TYPE(object));
    Py_VISIT(reader_of(object).owner.ptr());
    return 0;
}

// The loop let go of it: the loop is closed, or was collected.
int reader_clear(PyObject* object) {
    const py::object owner = std::exchange(reader_of(object).owner, py::object());
    if (owner) reader_of(object).host->close();
    return 0;
}

void reader_dealloc(PyObject* object) {
    PyObject_GC_UnTrack(object);
    // close() may run code of others, while an exception is on its way.
    PyObject* type = nullptr;
    PyObject* value = nullptr;
    PyObject* traceback = nullptr;
    PyErr_Fetch(&type, &value, &traceback);
    reader_clear(object);
    PyErr_Restore(type, value, traceback);
    reader_of(object).owner.~object();
    PyTypeObject* reader = Py_TYPE(object);
    reader->tp_free(object);
    Py_DECREF(reader);
}

PyType_Slot reader_slots[] = {
    {Py_tp_dealloc, reinterpret_cast<void*>(reader_dealloc)},
    {Py_tp_traverse, reinterpret_cast<void*>(reader_traverse)},
    {Py_tp_clear, reinterpret_cast<void*>(reader_clear)},
    {Py_tp_call, reinterpret_cast<void*>(reader_call)},
    {0, nullptr},
};
PyType_Spec reader_spec{"tidewire._core.Reader", sizeof(Reader), 0,
                        Py_TPFLAGS_DEFAULT | Py_TPFLAGS_HAVE_GC |
                            Py_TPFLAGS_DISALLOW_INSTANTIATION | Py_TPFLAGS_IMMUTABLETYPE,
                        reader_slots};

// The loop's add_reader() takes the only reference.
void watch(const py::object& self) {
    auto& host = py::cast<HostLoop&>(self);
    host.check();
    auto reader = py::reinterpret_steal<py::object>(reader_type->tp_alloc(reader_type, 0));
    if (!reader) throw py::error_already_set();
    reader_of(reader.ptr()).host = &host;
    new (&reader_of(reader.ptr()).owner) py::object(self);
    const py::handle loop(host.loop());
    loop.attr("add_reader")(host.wake_fd(), std::move(reader));
}

}  // namespace

void add_handoff_types(py::module_& module) {
    reader_type = make_type(reader_spec);

    py::class_<HostLoop>(module, "Host", collected<HostLoop>())
        .def(py::init<py::object>(), py::arg("loop"))
        .def("watch", [](const py::object& self) { watch(self); })
        .def("check", &HostLoop::check)
        .def("cancel", &HostLoop::cancel, py::arg("operation"))
        .def("close", &HostLoop::close)
        .def_property_readonly("loop", [](const HostLoop& host) { return py::handle(host.loop()); })
        .def_property_readonly("closed", &HostLoop::closed)
        .def_property_readonly("forked", &HostLoop::forked)
        .def_property_readonly("app_stall_seconds", [](const HostLoop& host) {
            return host.core() ? host.core()->stats().app_stall_seconds : 0.0;
        });
}

}  // namespace tidewire::python
