// Handler: a Python function that answers requests, and how its arguments come from the request.
//
// A route's handler takes the Request. A method's handler takes the members of the JSON object by
// name, and a Context where its annotation asks for one. The package reads the signature once; what
// is done per request is done here.
#pragma once

#include <pybind11/pybind11.h>

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include <tidewire/handler.hpp>
#include <tidewire/request.hpp>
#include <tidewire/result.hpp>
#include <tidewire/value.hpp>

namespace tidewire::python {

namespace py = pybind11;

struct Parameter {
    std::string name;
    py::object keyword;
    py::object fallback;      // null: the argument is required
    std::uint32_t types = 0;  // a bit per Value::Type that fits; 0: any
};

struct Exchange;

class Handler {
public:
    Handler(py::object callable, std::string name, bool is_async, bool is_method)
        : callable_(std::move(callable)),
          name_(std::move(name)),
          label_(name_),
          is_async_(is_async),
          is_method_(is_method) {}

    // A parameter of a method. `types` are names of JSON's types ("null", "bool", "int", "float",
    // "str", "list", "dict"), empty for any.
    void add_parameter(const std::string& name, const py::object& fallback, bool required,
                       const std::vector<std::string>& types);
    void set_context(const std::string& name);  // the parameter that takes the Context
    // An async handler that streams: it is given a StreamWriter, a StreamReader or both, under the
    // names that streams.py gives them.
    void set_streams(bool reply, bool request);
    void set_extra();                           // **kwargs takes what no parameter names

    // Calls the function with the request's arguments: a new reference (of a coroutine, if it is
    // async), null with an exception set, or an Error of the caller's.
    [[nodiscard]] Result<PyObject*> call(Exchange& exchange, PyObject** view) const;
    // The arguments alone, for a call elsewhere: (args, kwargs).
    [[nodiscard]] Result<py::object> arguments(const Request& request, PyObject** view) const;
    [[nodiscard]] Streams streams() const noexcept { return streams_; }

    [[nodiscard]] bool is_async() const noexcept { return is_async_; }
    [[nodiscard]] bool is_method() const noexcept { return is_method_; }
    [[nodiscard]] const std::string& name() const noexcept { return name_; }
    [[nodiscard]] PyObject* label() const noexcept { return label_.ptr(); }
    [[nodiscard]] PyObject* callable() const noexcept { return callable_.ptr(); }

    // What the server adds when it starts.
    void bind(bool debug, py::object submit, std::size_t jobs_max) {
        debug_ = debug;
        submit_ = std::move(submit);
        jobs_max_ = jobs_max;
    }
    [[nodiscard]] bool debug() const noexcept { return debug_; }
    [[nodiscard]] PyObject* submit() const noexcept { return submit_.ptr(); }
    [[nodiscard]] std::size_t jobs_max() const noexcept { return jobs_max_; }

    int traverse(visitproc visit, void* arg) const;
    void clear_references();

private:
    using Arguments = std::vector<py::object>;  // in the order of keywords_

    [[nodiscard]] Result<void> bind_arguments(const Value& args, Arguments& out,
                                              py::dict* extra) const;
    [[nodiscard]] Result<void> place(const Value::Member& member, Arguments& out,
                                     py::dict* extra) const;
    [[nodiscard]] Result<Arguments> method_arguments(const Request& request, PyObject** view,
                                                     py::dict* extra) const;
    [[nodiscard]] Result<py::object> both(const Request& request, PyObject** view,
                                          Exchange* exchange) const;
    void add_ends(Exchange& exchange, Arguments& out) const;
    void name_arguments();

    py::object callable_;
    std::string name_;
    py::str label_;  // the name as a str: tasks are called so
    bool is_async_;
    bool is_method_;
    bool debug_ = false;
    bool extra_ = false;
    py::object submit_;
    std::size_t jobs_max_ = 0;
    std::vector<Parameter> parameters_;
    py::object context_;   // the keyword of the Context, or null
    Streams streams_ = Streams::none;
    py::tuple keywords_;  // of all parameters, then the context's, the writer's, the reader's
};

void add_handler_type(py::module_& module);

}  // namespace tidewire::python
