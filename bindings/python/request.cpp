#include "request.hpp"

#include <chrono>
#include <new>
#include <utility>

#include <tidewire/principal.hpp>
#include <tidewire/value.hpp>

#include "state.hpp"
#include "value.hpp"

namespace tidewire::python {
namespace {

PyTypeObject* request_type = nullptr;  // NOLINT: one per process, as State
PyTypeObject* context_type = nullptr;  // NOLINT

RequestObject& self_of(PyObject* self) { return *reinterpret_cast<RequestObject*>(self); }

// Makes what `slot` keeps, the first time.
template <class Make>
PyObject* kept(PyObject*& slot, Make make) {
    if (slot == nullptr) slot = make();
    return slot == nullptr ? nullptr : Py_NewRef(slot);
}

PyObject* get_method(PyObject* self, void*) { return new_latin1(self_of(self).request.method()); }
PyObject* get_target(PyObject* self, void*) { return new_latin1(self_of(self).request.target()); }
PyObject* get_path(PyObject* self, void*) { return new_latin1(self_of(self).request.path()); }
PyObject* get_peer(PyObject* self, void*) { return new_latin1(self_of(self).request.peer()); }
PyObject* get_content_type(PyObject* self, void*) {
    return new_latin1(self_of(self).request.content_type());
}

PyObject* get_headers(PyObject* self, void*) {
    return kept(self_of(self).headers, [self]() -> PyObject* {
        const Headers& headers = self_of(self).request.headers();
        PyObject* pairs = PyList_New(0);
        for (std::size_t i = 0; pairs != nullptr && i < headers.size(); ++i) {
            const auto field = headers[i];
            auto pair = py::reinterpret_steal<py::object>(
                Py_BuildValue("(NN)", new_latin1(field.name), new_latin1(field.value)));
            if (!pair || PyList_Append(pairs, pair.ptr()) != 0) Py_CLEAR(pairs);
        }
        if (pairs == nullptr) return nullptr;
        PyObject* made = PyObject_CallOneArg(state().make_headers, pairs);
        Py_DECREF(pairs);
        return made;
    });
}

PyObject* get_query(PyObject* self, void*) {
    return kept(self_of(self).query, [self]() -> PyObject* {
        PyObject* text = new_latin1(self_of(self).request.query_string());
        if (text == nullptr) return nullptr;
        PyObject* made = PyObject_CallOneArg(state().make_query, text);
        Py_DECREF(text);
        return made;
    });
}

PyObject* get_params(PyObject* self, void*) {
    return kept(self_of(self).params, [self]() -> PyObject* {
        const auto& request = self_of(self).request;
        PyObject* dict = PyDict_New();
        for (std::size_t i = 0; dict != nullptr && i < request.param_count(); ++i) {
            const auto param = request.param_at(i);
            PyObject* name = new_text(param.name);
            PyObject* value = name == nullptr ? nullptr : new_text(param.value);
            if (value == nullptr || PyDict_SetItem(dict, name, value) != 0) Py_CLEAR(dict);
            Py_XDECREF(name);
            Py_XDECREF(value);
        }
        return dict;
    });
}

PyObject* get_body(PyObject* self, void*) {
    return kept(self_of(self).body, [self] {
        const std::string_view body = self_of(self).request.body();
        return PyBytes_FromStringAndSize(body.data(), static_cast<Py_ssize_t>(body.size()));
    });
}

PyObject* get_principal(PyObject* self, void*) {
    return kept(self_of(self).principal, [self]() -> PyObject* {
        const Principal* principal = self_of(self).request.principal();
        if (principal == nullptr) return Py_NewRef(Py_None);
        const auto id = py::reinterpret_steal<py::object>(new_text(principal->id));
        const auto claims = py::reinterpret_steal<py::object>(to_python(principal->claims));
        if (!id || !claims) return nullptr;
        return PyObject_CallFunctionObjArgs(state().make_principal, id.ptr(), claims.ptr(),
                                            nullptr);
    });
}

PyObject* get_operation(PyObject* self, void*) {
    return new_text(self_of(self).request.operation());
}

PyObject* get_action(PyObject* self, void*) {
    return new_text(self_of(self).request.action());
}

PyObject* get_cancelled(PyObject* self, void*) {
    return PyBool_FromLong(is_cancelled(self_of(self)) ? 1 : 0);
}

PyObject* get_time_left(PyObject* self, void*) {
    const auto left = self_of(self).request.time_left();
    if (!left) Py_RETURN_NONE;
    return PyFloat_FromDouble(std::chrono::duration<double>(*left).count());
}

PyObject* get_deadline(PyObject* self, void*) {
    RequestObject& object = self_of(self);
    if (object.deadline == 0) {
        const auto left = object.request.time_left();
        if (!left) Py_RETURN_NONE;
        // time.monotonic() and steady_clock are the same clock, CLOCK_MONOTONIC.
        const auto at = std::chrono::steady_clock::now() + *left;
        object.deadline = std::chrono::duration<double>(at.time_since_epoch()).count();
    }
    return PyFloat_FromDouble(object.deadline);
}

PyObject* request_json(PyObject* self, PyObject*) {
    const auto value = self_of(self).request.json();
    if (value) return to_python(*value);
    const py::object exception = exception_from(value.error());
    PyErr_SetObject(reinterpret_cast<PyObject*>(Py_TYPE(exception.ptr())), exception.ptr());
    return nullptr;
}

PyObject* request_text(PyObject* self, PyObject*) {
    const std::string_view body = self_of(self).request.body();
    PyObject* text =
        PyUnicode_DecodeUTF8(body.data(), static_cast<Py_ssize_t>(body.size()), nullptr);
    if (text != nullptr || PyErr_ExceptionMatches(PyExc_UnicodeDecodeError) == 0) return text;
    PyErr_Clear();
    const py::object exception =
        exception_from(Error(ErrorCode::invalid_argument, "the body is not UTF-8"));
    PyErr_SetObject(reinterpret_cast<PyObject*>(Py_TYPE(exception.ptr())), exception.ptr());
    return nullptr;
}

PyObject* request_repr(PyObject* self) {
    const auto& request = self_of(self).request;
    const auto method = py::reinterpret_steal<py::object>(new_latin1(request.method()));
    const auto target = py::reinterpret_steal<py::object>(new_latin1(request.target()));
    if (!method || !target) return nullptr;
    return PyUnicode_FromFormat("<%s %U %U>", Py_TYPE(self)->tp_name, method.ptr(), target.ptr());
}

void request_dealloc(PyObject* self) {
    RequestObject& object = self_of(self);
    Py_XDECREF(object.headers);
    Py_XDECREF(object.query);
    Py_XDECREF(object.params);
    Py_XDECREF(object.body);
    Py_XDECREF(object.principal);
    // In a child of fork() the core has no threads: what is theirs is left alone.
    if (object.generation == process_generation()) object.request.~Request();
    PyTypeObject* type = Py_TYPE(self);
    type->tp_free(self);
    Py_DECREF(type);
}

#define TIDEWIRE_COMMON_ATTRIBUTES                                                               \
    {"path", get_path, nullptr, "The path as sent, still %-encoded.", nullptr},                  \
    {"headers", get_headers, nullptr, "The header fields, names without case.", nullptr},        \
    {"peer", get_peer, nullptr, "The caller's address, \"127.0.0.1:51234\".", nullptr},          \
    {"principal", get_principal, nullptr, "Who asks, as authenticate said; or None.", nullptr},   \
    {"operation", get_operation, nullptr,                                                        \
     "What is asked for: \"add\", or \"GET /users/{id}\".", nullptr},                             \
    {"action", get_action, nullptr, "What authorize is asked: \"call\", \"admin\".", nullptr},    \
    {"cancelled", get_cancelled, nullptr,                                                        \
     "True once the caller is gone or its deadline has passed.", nullptr},                       \
    {"time_left", get_time_left, nullptr,                                                        \
     "Seconds left of the caller's deadline, or None.", nullptr},                                \
    {"deadline", get_deadline, nullptr,                                                          \
     "The caller's deadline on the clock of time.monotonic(), or None.", nullptr}

PyGetSetDef request_attributes[] = {
    TIDEWIRE_COMMON_ATTRIBUTES,
    {"method", get_method, nullptr, "\"GET\"", nullptr},
    {"target", get_target, nullptr, "Path and query as sent.", nullptr},
    {"query", get_query, nullptr, "The query, decoded.", nullptr},
    {"params", get_params, nullptr, "The parts of the path that the route names, decoded.",
     nullptr},
    {"content_type", get_content_type, nullptr, "Empty if none was sent.", nullptr},
    {"body", get_body, nullptr, "The body, whole.", nullptr},
    {nullptr, nullptr, nullptr, nullptr, nullptr},
};
PyGetSetDef context_attributes[] = {
    TIDEWIRE_COMMON_ATTRIBUTES,
    {nullptr, nullptr, nullptr, nullptr, nullptr},
};
#undef TIDEWIRE_COMMON_ATTRIBUTES

PyMethodDef request_methods[] = {
    {"json", request_json, METH_NOARGS, "The body as JSON; invalid_argument when it is none."},
    {"text", request_text, METH_NOARGS, "The body as UTF-8; invalid_argument when it is none."},
    {nullptr, nullptr, 0, nullptr},
};

PyTypeObject* add_type(py::module_& module, const char* full_name, const char* doc,
                       PyGetSetDef* attributes, PyMethodDef* methods) {
    PyType_Slot slots[] = {
        {Py_tp_doc, const_cast<char*>(doc)},
        {Py_tp_dealloc, reinterpret_cast<void*>(request_dealloc)},
        {Py_tp_repr, reinterpret_cast<void*>(request_repr)},
        {Py_tp_getset, attributes},
        {methods == nullptr ? 0 : Py_tp_methods, methods},
        {0, nullptr},
    };
    PyType_Spec spec{full_name, sizeof(RequestObject), 0,
                     Py_TPFLAGS_DEFAULT | Py_TPFLAGS_DISALLOW_INSTANTIATION |
                         Py_TPFLAGS_IMMUTABLETYPE,
                     slots};
    PyObject* type = PyType_FromSpec(&spec);
    if (type == nullptr ||
        PyModule_AddType(module.ptr(), reinterpret_cast<PyTypeObject*>(type)) != 0) {
        throw py::error_already_set();
    }
    return reinterpret_cast<PyTypeObject*>(type);
}

RequestObject* make(PyTypeObject* type, tidewire::Request&& request) {
    auto* object = reinterpret_cast<RequestObject*>(type->tp_alloc(type, 0));
    if (object == nullptr) return nullptr;
    new (&object->request) tidewire::Request(std::move(request));
    object->generation = process_generation();
    return object;
}

}  // namespace

void add_request_types(py::module_& module) {
    request_type = add_type(module, "tidewire._core.Request",
                            "A request, as a route's handler is given it.", request_attributes,
                            request_methods);
    context_type = add_type(module, "tidewire._core.Context",
                            "What a method's handler may know of its call beside the arguments.",
                            context_attributes, nullptr);
}

const tidewire::Request* request_in(PyObject* object) noexcept {
    return Py_IS_TYPE(object, request_type) ? &self_of(object).request : nullptr;
}

RequestObject* new_request(tidewire::Request request) {
    return make(request_type, std::move(request));
}
RequestObject* new_context(tidewire::Request request) {
    return make(context_type, std::move(request));
}

}  // namespace tidewire::python
