#include "value.hpp"

#include <cmath>
#include <string>

#include "state.hpp"

namespace tidewire::python {
namespace {

// What was wrong, and the way to it, put together from the inside out while the calls return.
struct Problem {
    std::string what;
    std::string place;

    bool set(std::string text) {
        what = std::move(text);
        return false;
    }
    bool inside(std::string step) {
        place.insert(0, step);
        return false;
    }
    [[nodiscard]] Error error() const {
        return {ErrorCode::invalid_argument, place.empty() ? what : place + ": " + what};
    }
};

bool convert(PyObject* object, Value& out, int depth, Problem& problem);

bool convert_int(PyObject* object, Value& out, Problem& problem) {
    int overflow = 0;
    const long long small = PyLong_AsLongLongAndOverflow(object, &overflow);
    if (overflow == 0) {
        out = Value(static_cast<std::int64_t>(small));
        return true;
    }
    if (overflow > 0) {
        const unsigned long long large = PyLong_AsUnsignedLongLong(object);
        if (PyErr_Occurred() == nullptr) {
            out = Value(static_cast<std::uint64_t>(large));
            return true;
        }
        PyErr_Clear();
    }
    return problem.set("an integer beyond 64 bits");
}

bool convert_text(PyObject* object, Value& out, Problem& problem) {
    const auto text = utf8(object);
    if (!text) return problem.set(std::string(text.error().message()));
    out = Value(std::string(*text));
    return true;
}

bool convert_dict(PyObject* object, Value& out, int depth, Problem& problem) {
    if (depth == 0) return problem.set("nested more than 64 deep");
    Value::Map members;
    members.reserve(static_cast<std::size_t>(PyDict_GET_SIZE(object)));
    PyObject* key = nullptr;
    PyObject* found = nullptr;
    Py_ssize_t position = 0;
    while (PyDict_Next(object, &position, &key, &found) != 0) {
        // Kept: to_plain() may run code that changes the dict.
        const auto item = py::reinterpret_borrow<py::object>(found);
        if (!PyUnicode_Check(key)) {
            return problem.set("a key of type " + type_name(key) + "; keys are str");
        }
        const auto name = utf8(key);
        if (!name) return problem.set(std::string(name.error().message()));
        auto& member = members.emplace_back(std::string(*name), Value());
        if (!convert(item.ptr(), member.second, depth - 1, problem)) {
            return problem.inside("." + member.first);
        }
    }
    out = Value(std::move(members));
    return true;
}

bool convert_sequence(PyObject* object, Value& out, int depth, Problem& problem) {
    if (depth == 0) return problem.set("nested more than 64 deep");
    Value::List elements;
    elements.reserve(static_cast<std::size_t>(PySequence_Fast_GET_SIZE(object)));
    // The size is asked for each time: to_plain() may run code that changes a list.
    for (Py_ssize_t i = 0; i < PySequence_Fast_GET_SIZE(object); ++i) {
        const auto item = py::reinterpret_borrow<py::object>(PySequence_Fast_GET_ITEM(object, i));
        if (!convert(item.ptr(), elements.emplace_back(), depth - 1, problem)) {
            return problem.inside("[" + std::to_string(i) + "]");
        }
    }
    out = Value(std::move(elements));
    return true;
}

bool convert_bytes(PyObject* object, Value& out, Problem& problem) {
    Py_buffer buffer;
    if (PyObject_GetBuffer(object, &buffer, PyBUF_SIMPLE) != 0) {
        PyErr_Clear();
        return problem.set("a buffer that is not contiguous");
    }
    out = Value(Data{std::string(static_cast<const char*>(buffer.buf),
                                 static_cast<std::size_t>(buffer.len))});
    PyBuffer_Release(&buffer);
    return true;
}

// Dates and the like: the package says what they are in plain terms, or that they are nothing.
bool convert_other(PyObject* object, Value& out, int depth, Problem& problem) {
    if (depth > 0 && state().to_plain != nullptr) {
        const auto plain =
            py::reinterpret_steal<py::object>(PyObject_CallOneArg(state().to_plain, object));
        if (plain && !plain.is_none()) return convert(plain.ptr(), out, depth - 1, problem);
        if (!plain) {
            const py::object exception = take_exception();
            const auto error = error_from(exception.ptr());
            return problem.set(error ? std::string(error->message())
                                     : "a value of type " + type_name(object) + " that fails");
        }
    }
    return problem.set("a value of type " + type_name(object) + " has no JSON form");
}

bool convert(PyObject* object, Value& out, int depth, Problem& problem) {
    if (object == Py_None) {
        out = Value();
        return true;
    }
    if (PyUnicode_Check(object)) return convert_text(object, out, problem);
    if (PyBool_Check(object)) {
        out = Value(object == Py_True);
        return true;
    }
    if (PyLong_Check(object)) return convert_int(object, out, problem);
    if (PyFloat_Check(object)) {
        out = Value(PyFloat_AS_DOUBLE(object));
        return true;
    }
    if (PyDict_Check(object)) return convert_dict(object, out, depth, problem);
    if (PyList_Check(object) || PyTuple_Check(object)) {
        return convert_sequence(object, out, depth, problem);
    }
    if (PyObject_CheckBuffer(object)) return convert_bytes(object, out, problem);
    return convert_other(object, out, depth, problem);
}

PyObject* list_to_python(const Value::List& elements) {
    PyObject* list = PyList_New(static_cast<Py_ssize_t>(elements.size()));
    if (list == nullptr) return nullptr;
    Py_ssize_t index = 0;
    for (const Value& element : elements) {
        PyObject* item = to_python(element);
        if (item == nullptr) {
            Py_DECREF(list);
            return nullptr;
        }
        PyList_SET_ITEM(list, index++, item);
    }
    return list;
}

PyObject* map_to_python(const Value::Map& members) {
    PyObject* dict = PyDict_New();
    if (dict == nullptr) return nullptr;
    for (const auto& [name, value] : members) {
        PyObject* key = new_text(name);
        PyObject* item = key == nullptr ? nullptr : to_python(value);
        const bool stored = item != nullptr && PyDict_SetItem(dict, key, item) == 0;
        Py_XDECREF(key);
        Py_XDECREF(item);
        if (!stored) {
            Py_DECREF(dict);
            return nullptr;
        }
    }
    return dict;
}

}  // namespace

std::string type_name(PyObject* object) { return Py_TYPE(object)->tp_name; }

Result<Value> to_value(PyObject* object) {
    Value value;
    Problem problem;
    if (!convert(object, value, kValueDepthMax, problem)) return problem.error();
    return value;
}

Result<std::string> to_json(PyObject* object) {
    auto value = to_value(object);
    if (!value) return value.error();
    return value->dump();
}

PyObject* to_python(const Value& value) {
    switch (value.type()) {
        case Value::Type::null: return Py_NewRef(Py_None);
        case Value::Type::boolean: return PyBool_FromLong(*value.get_if<bool>() ? 1 : 0);
        case Value::Type::int64: return PyLong_FromLongLong(*value.get_if<std::int64_t>());
        case Value::Type::uint64:
            return PyLong_FromUnsignedLongLong(*value.get_if<std::uint64_t>());
        case Value::Type::float64: return PyFloat_FromDouble(*value.get_if<double>());
        case Value::Type::text: return new_text(*value.get_if<std::string>());
        case Value::Type::data: {
            const std::string& bytes = value.get_if<Data>()->bytes;
            return PyBytes_FromStringAndSize(bytes.data(), static_cast<Py_ssize_t>(bytes.size()));
        }
        case Value::Type::list: return list_to_python(*value.get_if<Value::List>());
        case Value::Type::map: return map_to_python(*value.get_if<Value::Map>());
    }
    return Py_NewRef(Py_None);
}

}  // namespace tidewire::python
