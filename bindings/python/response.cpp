#include "response.hpp"

#include <cmath>
#include <utility>

#include <tidewire/value.hpp>

#include "state.hpp"
#include "value.hpp"

namespace tidewire::python {
namespace {

// The Python object: a Response, and what was asked of it.
struct PyResponse {
    Response response;
    py::object headers;

    py::object get_headers() {
        if (!headers) headers = wrap_headers(response.headers);
        return headers;
    }
};

// The pair is of two str, one byte a character, as they come in.
Result<void> add_field(Headers& headers, PyObject* pair) {
    const auto name =
        py::reinterpret_steal<py::object>(PyUnicode_AsLatin1String(PyTuple_GET_ITEM(pair, 0)));
    const auto value =
        name ? py::reinterpret_steal<py::object>(
                   PyUnicode_AsLatin1String(PyTuple_GET_ITEM(pair, 1)))
             : py::object();
    if (!value) {
        PyErr_Clear();
        return Error(ErrorCode::invalid_argument, "a header field beyond ISO 8859-1");
    }
    const auto view = [](const py::object& bytes) {
        return std::string_view(PyBytes_AS_STRING(bytes.ptr()),
                                static_cast<std::size_t>(PyBytes_GET_SIZE(bytes.ptr())));
    };
    return headers.add(view(name), view(value));
}

Result<Headers> pairs_from(const py::object& pairs) {
    Headers headers;
    const auto iterator = py::reinterpret_steal<py::object>(PyObject_GetIter(pairs.ptr()));
    while (iterator) {
        const auto pair = py::reinterpret_steal<py::object>(PyIter_Next(iterator.ptr()));
        if (!pair) break;
        if (!PyTuple_Check(pair.ptr()) || PyTuple_GET_SIZE(pair.ptr()) != 2 ||
            !PyUnicode_Check(PyTuple_GET_ITEM(pair.ptr(), 0)) ||
            !PyUnicode_Check(PyTuple_GET_ITEM(pair.ptr(), 1))) {
            return Error(ErrorCode::invalid_argument, "headers are pairs of str");
        }
        const auto added = add_field(headers, pair.ptr());
        if (!added) return added.error();
    }
    if (PyErr_Occurred() != nullptr) {
        PyErr_Clear();
        return Error(ErrorCode::invalid_argument, "headers are a mapping or pairs of str");
    }
    return headers;
}

Result<Body> any_body(PyObject* object) {
    auto body = body_from(object);
    if (!body) return body.error();
    if (*body) return std::move(**body);
    auto json = to_json(object);
    if (!json) return json.error();
    return Body{std::move(*json), "application/json"};
}

PyResponse make_response(const py::object& status_given, const py::object& body,
                         const py::object& headers, const py::object& content_type) {
    const auto status = static_cast<int>(integer_or_raise(status_given, "status"));
    if (status < 200 || status > 599) {
        raise(ErrorCode::invalid_argument, "a status is 200 to 599");
    }
    PyResponse made;
    made.response.status = status;
    made.response.headers = value_or_raise(headers_from(headers));
    Body converted = value_or_raise(any_body(body.ptr()));
    made.response.body = std::move(converted.bytes);
    auto named = take_content_type(made.response.headers);
    if (!content_type.is_none()) named = text_or_raise(content_type, "content_type");
    made.response.content_type = std::move(named).value_or(std::move(converted.content_type));
    return made;
}

py::object json_of(const PyResponse& self) {
    const Value value = value_or_raise(self.response.json());
    auto object = py::reinterpret_steal<py::object>(to_python(value));
    if (!object) throw py::error_already_set();
    return object;
}

py::object text_of(const PyResponse& self) {
    return py::reinterpret_steal<py::object>(new_text(self.response.body));
}

}  // namespace

void add_response_type(py::module_& module) {
    py::class_<PyResponse>(module, "Response", py::is_final())
        .def(py::init(&make_response), py::arg("status") = 200, py::arg("body") = py::none(),
             py::arg("headers") = py::none(), py::arg("content_type") = py::none())
        .def_property_readonly("status", [](const PyResponse& r) { return r.response.status; })
        .def_property_readonly("ok", [](const PyResponse& r) { return r.response.status < 400; })
        .def_property_readonly("content_type",
                               [](const PyResponse& r) { return r.response.content_type; })
        .def_property_readonly("headers", &PyResponse::get_headers)
        .def_property_readonly("body",
                               [](const PyResponse& r) { return py::bytes(r.response.body); })
        .def_property_readonly("text", &text_of)
        .def("json", &json_of)
        .def("raise_for_status", [](const PyResponse& r) { value_or_raise(r.response.error()); })
        .def("__repr__", [](const PyResponse& r) {
            return "<Response " + std::to_string(r.response.status) + ", " +
                   std::to_string(r.response.body.size()) + " bytes>";
        });
}

Result<Response> response_from(PyObject* result) {
    if (PyDict_CheckExact(result)) {
        auto json = to_json(result);
        if (!json) return json.error();
        return Response{200, "application/json", {}, std::move(*json)};
    }
    if (result == Py_None) return Response::empty();
    if (py::isinstance<PyResponse>(result)) {
        return py::cast<const PyResponse&>(py::handle(result)).response;
    }
    auto body = any_body(result);
    if (!body) return body.error();
    return Response{200, std::move(body->content_type), {}, std::move(body->bytes)};
}

bool is_response(PyObject* object) { return py::isinstance<PyResponse>(object); }

py::object wrap_response(Response response) {
    return py::cast(PyResponse{std::move(response), {}});
}

Result<std::optional<Body>> body_from(PyObject* object) {
    if (object == Py_None) return std::optional<Body>(Body{});
    if (PyUnicode_Check(object)) {
        const auto text = utf8(object);
        if (!text) return text.error();
        return std::optional<Body>(Body{std::string(*text), "text/plain; charset=utf-8"});
    }
    if (PyDict_Check(object) || PyList_Check(object) || !PyObject_CheckBuffer(object)) {
        return std::optional<Body>();
    }
    Py_buffer buffer;
    if (PyObject_GetBuffer(object, &buffer, PyBUF_SIMPLE) != 0) {
        PyErr_Clear();
        return Error(ErrorCode::invalid_argument, "a buffer that is not contiguous");
    }
    Body body{
        std::string(static_cast<const char*>(buffer.buf), static_cast<std::size_t>(buffer.len)),
        "application/octet-stream"};
    PyBuffer_Release(&buffer);
    return std::optional<Body>(std::move(body));
}

Result<Headers> headers_from(py::handle object) {
    if (object.is_none()) return Headers();
    if (PyObject_HasAttrString(object.ptr(), "items") == 0) {
        return pairs_from(py::reinterpret_borrow<py::object>(object));
    }
    const auto items = py::reinterpret_steal<py::object>(PyMapping_Items(object.ptr()));
    if (!items) {
        PyErr_Clear();
        return Error(ErrorCode::invalid_argument, "headers are a mapping or pairs of str");
    }
    return pairs_from(items);
}

std::optional<std::string> take_content_type(Headers& headers) {
    const auto found = headers.get("content-type");
    if (!found) return std::nullopt;
    std::string named(*found);
    headers.remove("content-type");
    return named;
}

py::object wrap_headers(const Headers& headers) {
    py::list pairs;
    for (std::size_t i = 0; i < headers.size(); ++i) {
        const auto field = headers[i];
        pairs.append(py::make_tuple(py::reinterpret_steal<py::object>(new_latin1(field.name)),
                                    py::reinterpret_steal<py::object>(new_latin1(field.value))));
    }
    auto made = py::reinterpret_steal<py::object>(
        PyObject_CallOneArg(state().make_headers, pairs.ptr()));
    if (!made) throw py::error_already_set();
    return made;
}

Result<std::optional<std::chrono::milliseconds>> timeout_from(py::handle seconds) {
    if (seconds.is_none()) return std::optional<std::chrono::milliseconds>();
    const double value = PyFloat_AsDouble(seconds.ptr());
    if (PyErr_Occurred() != nullptr) {
        PyErr_Clear();
        return Error(ErrorCode::invalid_argument, "a timeout is a number of seconds");
    }
    if (!(value > 0)) {
        return Error(ErrorCode::invalid_argument, "a timeout is more than 0 seconds");
    }
    // A century is as good as for ever, and stays far from the clock's overflow.
    if (value > 3.2e9) return std::optional(std::chrono::milliseconds(0));
    const auto milliseconds = static_cast<std::chrono::milliseconds::rep>(std::ceil(value * 1e3));
    return std::optional(std::chrono::milliseconds(milliseconds));
}

}  // namespace tidewire::python
