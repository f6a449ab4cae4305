#include "state.hpp"

#include <atomic>
#include <string>

namespace tidewire::python {
namespace {

State the_state;                        // NOLINT: see the header, never released
std::atomic<unsigned> the_generation{0};  // NOLINT

PyObject* keep(py::object object) { return object.release().ptr(); }
PyObject* keep_name(const char* name) { return PyUnicode_InternFromString(name); }

}  // namespace

State& state() noexcept { return the_state; }

unsigned process_generation() noexcept { return the_generation.load(std::memory_order_relaxed); }
void note_fork() noexcept { the_generation.fetch_add(1, std::memory_order_relaxed); }

void load_state() {
    const py::module_ asyncio = py::module_::import("asyncio");
    State& s = the_state;
    s.task_type = keep(asyncio.attr("Task"));
    s.cancelled_error = keep(asyncio.attr("CancelledError"));
    s.get_running_loop = keep(asyncio.attr("_get_running_loop"));
    s.enter_task = keep(asyncio.attr("_enter_task"));
    s.leave_task = keep(asyncio.attr("_leave_task"));
    s.names_loop = keep(py::make_tuple("loop", "name"));
    s.names_eager = keep(py::make_tuple("loop", "name", "eager_start"));
    s.names_name = keep(py::make_tuple("name"));
    s.text_throw = keep_name("throw");
    s.text_close = keep_name("close");
    s.text_cancel = keep_name("cancel");
    s.text_set_result = keep_name("set_result");
    s.text_set_exception = keep_name("set_exception");
    s.text_done = keep_name("done");
    s.text_create_task = keep_name("create_task");
    s.text_get_task_factory = keep_name("get_task_factory");
}

py::object exception_from(const Error& error) {
    const std::string_view name = error.name();
    PyObject* type = nullptr;
    if (the_state.errors != nullptr) {
        const auto key = py::reinterpret_steal<py::object>(new_text(name));
        if (key) type = PyDict_GetItemWithError(the_state.errors, key.ptr());
    }
    if (type == nullptr) type = PyExc_RuntimeError;
    const auto message = py::reinterpret_steal<py::object>(new_text(error.message()));
    py::object exception;
    if (message) {
        exception = py::reinterpret_steal<py::object>(PyObject_CallOneArg(type, message.ptr()));
    }
    if (exception) return exception;
    PyErr_Clear();
    return py::reinterpret_borrow<py::object>(PyExc_MemoryError);
}

void raise(const Error& error) {
    const py::object exception = exception_from(error);
    PyErr_SetObject(reinterpret_cast<PyObject*>(Py_TYPE(exception.ptr())), exception.ptr());
    throw py::error_already_set();
}

void raise(ErrorCode code, const char* message) { raise(Error(code, message)); }

std::optional<Error> error_from(PyObject* exception) {
    if (the_state.error_root == nullptr) return std::nullopt;
    if (PyObject_IsInstance(exception, the_state.error_root) != 1) {
        PyErr_Clear();
        return std::nullopt;
    }
    const auto code = py::reinterpret_steal<py::object>(PyObject_GetAttrString(exception, "code"));
    const auto text = py::reinterpret_steal<py::object>(PyObject_Str(exception));
    PyErr_Clear();
    ErrorCode found = ErrorCode::internal;
    if (code && PyUnicode_Check(code.ptr())) {
        const auto name = utf8(code.ptr());
        if (name) found = error_code_from_name(*name).value_or(ErrorCode::internal);
    }
    if (text) {
        const auto message = utf8(text.ptr());
        if (message && *message != error_row(found).name) {
            return Error(found, std::string(*message));
        }
    }
    return Error(found);
}

PyTypeObject* make_type(PyType_Spec& spec) {
    PyObject* type = PyType_FromSpec(&spec);
    if (type == nullptr) throw py::error_already_set();
    return reinterpret_cast<PyTypeObject*>(type);
}

py::object take_exception() noexcept {
    PyObject* type = nullptr;
    PyObject* value = nullptr;
    PyObject* traceback = nullptr;
    PyErr_Fetch(&type, &value, &traceback);
    if (type == nullptr) return {};
    PyErr_NormalizeException(&type, &value, &traceback);
    if (traceback != nullptr) PyException_SetTraceback(value, traceback);
    Py_XDECREF(type);
    Py_XDECREF(traceback);
    return py::reinterpret_steal<py::object>(value);
}

void drop_exception(const char* where) noexcept {
    if (PyErr_Occurred() == nullptr) return;
    const auto place = py::reinterpret_steal<py::object>(PyUnicode_FromString(where));
    PyErr_WriteUnraisable(place.ptr());
}

Result<std::string_view> utf8(PyObject* text) {
    Py_ssize_t size = 0;
    const char* data = PyUnicode_AsUTF8AndSize(text, &size);
    if (data == nullptr) {
        PyErr_Clear();
        return Error(ErrorCode::invalid_argument, "text with a lone surrogate is not UTF-8");
    }
    return std::string_view(data, static_cast<std::size_t>(size));
}

std::string text_or_raise(py::handle object, const char* name) {
    if (!PyUnicode_Check(object.ptr())) {
        raise(Error(ErrorCode::invalid_argument, std::string(name) + " is a str"));
    }
    return std::string(value_or_raise(utf8(object.ptr())));
}

std::int64_t integer_or_raise(py::handle object, const char* name) {
    const long long value = PyLong_Check(object.ptr()) ? PyLong_AsLongLong(object.ptr()) : 0;
    if (PyLong_Check(object.ptr()) && PyErr_Occurred() == nullptr) return value;
    PyErr_Clear();
    raise(Error(ErrorCode::invalid_argument, std::string(name) + " is an int"));
}

}  // namespace tidewire::python
