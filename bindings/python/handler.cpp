#include "handler.hpp"

#include <array>
#include <utility>

#include <pybind11/stl.h>

#include "answer.hpp"
#include "gc.hpp"
#include "request.hpp"
#include "response.hpp"
#include "state.hpp"
#include "stream.hpp"
#include "value.hpp"

namespace tidewire::python {
namespace {

constexpr std::uint32_t bit(Value::Type type) { return 1U << static_cast<unsigned>(type); }

struct NamedTypes {
    std::string_view name;
    std::uint32_t types;
};
constexpr std::uint32_t kIntegers = bit(Value::Type::int64) | bit(Value::Type::uint64);
constexpr std::array<NamedTypes, 7> kNamedTypes{{
    {"null", bit(Value::Type::null)},
    {"bool", bit(Value::Type::boolean)},
    {"int", kIntegers},
    {"float", bit(Value::Type::float64) | kIntegers},  // JSON writes 1.0 as 1
    {"str", bit(Value::Type::text)},
    {"list", bit(Value::Type::list)},
    {"dict", bit(Value::Type::map)},
}};

std::string_view name_of(Value::Type type) {
    if (type == Value::Type::float64) return "float";
    for (const auto& row : kNamedTypes) {
        if ((row.types & bit(type)) != 0) return row.name;
    }
    return "bytes";
}

std::string names_of(std::uint32_t types) {
    std::string names;
    for (const auto& row : kNamedTypes) {
        if ((types & row.types) != row.types) continue;
        if (row.name == "int" && (types & bit(Value::Type::float64)) != 0) continue;
        if (!names.empty()) names += " or ";
        names += row.name;
    }
    return names;
}

Error invalid(std::string message) { return {ErrorCode::invalid_argument, std::move(message)}; }

}  // namespace

void Handler::add_parameter(const std::string& name, const py::object& fallback, bool required,
                            const std::vector<std::string>& types) {
    Parameter parameter{name, py::str(name), required ? py::object() : fallback, 0};
    for (const std::string& wanted : types) {
        for (const auto& row : kNamedTypes) {
            if (row.name == wanted) parameter.types |= row.types;
        }
    }
    parameters_.push_back(std::move(parameter));
    name_arguments();
}

void Handler::set_context(const std::string& name) {
    context_ = py::str(name);
    name_arguments();
}

void Handler::set_streams(bool reply, bool request) {
    const auto side = [](bool streams, Streams value) {
        return streams ? static_cast<unsigned>(value) : 0U;
    };
    streams_ = static_cast<Streams>(side(reply, Streams::reply) | side(request, Streams::request));
    name_arguments();
}

void Handler::name_arguments() {
    py::list names;
    for (const Parameter& parameter : parameters_) names.append(parameter.keyword);
    if (context_) names.append(context_);
    if (streams_ == Streams::reply || streams_ == Streams::both) names.append("tidewire_writer");
    if (streams_ == Streams::request || streams_ == Streams::both) names.append("tidewire_reader");
    keywords_ = py::tuple(names);
}

// The ends of its streams, as arguments.
void Handler::add_ends(Exchange& exchange, Arguments& out) const {
    if (streams_ == Streams::reply || streams_ == Streams::both) {
        out.push_back(new_writer(exchange));
    }
    if (streams_ == Streams::request || streams_ == Streams::both) {
        out.push_back(new_reader(exchange));
    }
}

void Handler::set_extra() { extra_ = true; }

Result<void> Handler::place(const Value::Member& member, Arguments& out, py::dict* extra) const {
    const auto& [name, value] = member;
    for (std::size_t i = 0; i < parameters_.size(); ++i) {
        const Parameter& parameter = parameters_[i];
        if (parameter.name != name) continue;
        if (parameter.types != 0 && (parameter.types & bit(value.type())) == 0) {
            return invalid(name + ": is " + std::string(name_of(value.type())) + ", should be " +
                           names_of(parameter.types));
        }
        out[i] = py::reinterpret_steal<py::object>(to_python(value));
        return {};
    }
    if (extra == nullptr) return invalid(name + ": there is no such argument");
    const auto item = py::reinterpret_steal<py::object>(to_python(value));
    const auto key = py::reinterpret_steal<py::object>(new_text(name));
    if (item && key) PyDict_SetItem(extra->ptr(), key.ptr(), item.ptr());
    return {};
}

Result<void> Handler::bind_arguments(const Value& args, Arguments& out, py::dict* extra) const {
    if (const auto* members = args.get_if<Value::Map>()) {
        for (const auto& member : *members) {
            const auto placed = place(member, out, extra);
            if (!placed) return placed;
        }
    } else if (!args.is_null()) {
        return invalid("arguments are given by name: a JSON object, not " +
                       std::string(name_of(args.type())));
    }
    for (std::size_t i = 0; i < parameters_.size(); ++i) {
        if (out[i]) continue;
        if (!parameters_[i].fallback) {
            return invalid(parameters_[i].name + ": the argument is missing");
        }
        out[i] = parameters_[i].fallback;
    }
    return {};
}

Result<Handler::Arguments> Handler::method_arguments(const Request& request, PyObject** view,
                                                     py::dict* extra) const {
    Arguments arguments(parameters_.size());
    Value args;
    const bool has_args = streams_ == Streams::none || streams_ == Streams::reply;
    if (has_args && !request.body().empty()) {
        auto parsed = request.args();
        if (!parsed) return parsed.error();
        args = std::move(*parsed);
    }
    const auto bound = bind_arguments(args, arguments, extra);
    if (!bound) return bound.error();
    if (context_) {
        auto context = py::reinterpret_steal<py::object>(
            reinterpret_cast<PyObject*>(new_context(request)));
        *view = context.ptr();
        arguments.push_back(std::move(context));
    }
    return arguments;
}

Result<PyObject*> Handler::call(Exchange& exchange, PyObject** view) const {
    const Request& request = exchange.request;
    if (!is_method_) {
        const auto object = py::reinterpret_steal<py::object>(
            reinterpret_cast<PyObject*>(new_request(request)));
        if (!object) return static_cast<PyObject*>(nullptr);
        *view = object.ptr();
        return PyObject_CallOneArg(callable_.ptr(), object.ptr());
    }
    if (extra_) {
        const auto all = both(request, view, &exchange);
        if (!all) return all.error();
        return PyObject_Call(callable_.ptr(), PyTuple_GET_ITEM(all->ptr(), 0),
                             PyTuple_GET_ITEM(all->ptr(), 1));
    }
    auto arguments = method_arguments(request, view, nullptr);
    if (!arguments) return arguments.error();
    if (PyErr_Occurred() != nullptr) return static_cast<PyObject*>(nullptr);
    add_ends(exchange, *arguments);
    static_assert(sizeof(py::object) == sizeof(PyObject*));
    return PyObject_Vectorcall(callable_.ptr(),
                               reinterpret_cast<PyObject* const*>(arguments->data()), 0,
                               arguments->empty() ? nullptr : keywords_.ptr());
}

Result<py::object> Handler::arguments(const Request& request, PyObject** view) const {
    return both(request, view, nullptr);
}

// (args, kwargs); with the ends of its streams when there is an exchange.
Result<py::object> Handler::both(const Request& request, PyObject** view,
                                 Exchange* exchange) const {
    py::dict keywords;
    if (!is_method_) {
        auto object = py::reinterpret_steal<py::object>(
            reinterpret_cast<PyObject*>(new_request(request)));
        if (!object) throw py::error_already_set();
        *view = object.ptr();
        return py::object(py::make_tuple(py::make_tuple(std::move(object)), keywords));
    }
    auto bound = method_arguments(request, view, extra_ ? &keywords : nullptr);
    if (!bound) return bound.error();
    if (PyErr_Occurred() != nullptr) throw py::error_already_set();
    if (exchange != nullptr) add_ends(*exchange, *bound);
    for (std::size_t i = 0; i < bound->size(); ++i) keywords[keywords_[i]] = (*bound)[i];
    return py::object(py::make_tuple(py::tuple(), keywords));
}

int Handler::traverse(visitproc visit, void* arg) const {
    Py_VISIT(callable_.ptr());
    Py_VISIT(submit_.ptr());
    for (const Parameter& parameter : parameters_) Py_VISIT(parameter.fallback.ptr());
    return 0;
}

void Handler::clear_references() {
    // Swapped out first: releasing one may come back here.
    const py::object callable = std::exchange(callable_, py::none());
    const py::object submit = std::exchange(submit_, py::object());
    const std::vector<Parameter> parameters = std::exchange(parameters_, {});
}

namespace {

// For middleware, which is Python: what call() and answer_result() do, one step at a time.
py::object arguments_for(const Handler& handler, const py::object& request) {
    const auto* inner = request_in(request.ptr());
    if (inner == nullptr) raise(ErrorCode::invalid_argument, "next() takes the request");
    if (!handler.is_method()) return py::make_tuple(py::make_tuple(request), py::dict());
    PyObject* view = nullptr;
    return value_or_raise(handler.arguments(*inner, &view));
}

py::object response_for(const Handler& handler, const py::object& result,
                        const py::object& request) {
    if (is_response(result.ptr())) return result;
    if (!handler.is_method()) return wrap_response(value_or_raise(response_from(result.ptr())));
    const auto* inner = request_in(request.ptr());
    if (inner == nullptr) raise(ErrorCode::invalid_argument, "next() takes the request");
    return wrap_response(value_or_raise(method_response(*inner, result.ptr())));
}

}  // namespace

void add_handler_type(py::module_& module) {
    py::class_<Handler>(module, "Handler", collected<Handler>())
        .def(py::init<py::object, std::string, bool, bool>(), py::arg("callable"), py::arg("name"),
             py::arg("is_async"), py::arg("is_method"))
        .def("add_parameter", &Handler::add_parameter, py::arg("name"), py::arg("fallback"),
             py::arg("required"), py::arg("types"))
        .def("set_context", &Handler::set_context, py::arg("name"))
        .def("set_streams", &Handler::set_streams, py::arg("reply"), py::arg("request"))
        .def("set_extra", &Handler::set_extra)
        .def("arguments", &arguments_for, py::arg("request"))
        .def("response", &response_for, py::arg("result"), py::arg("request"))
        .def_property_readonly("callable",
                               [](const Handler& self) {
                                   return py::reinterpret_borrow<py::object>(self.callable());
                               })
        .def_property_readonly(
            "streams", [](const Handler& self) { return self.streams() != Streams::none; })
        .def_property_readonly("is_async", &Handler::is_async)
        .def_property_readonly("name", &Handler::name);
}

}  // namespace tidewire::python
