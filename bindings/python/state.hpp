// What the binding knows of Python: the few objects of asyncio and of the package that it calls,
// and how an Error becomes an exception and back.
//
// There is one State per process, filled once by configure() and never released, since Python may
// still hold objects of ours when the module is taken down. Everything here needs the GIL.
#pragma once

#include <pybind11/pybind11.h>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include <tidewire/error.hpp>
#include <tidewire/result.hpp>

namespace tidewire::python {

namespace py = pybind11;

struct State {
    // asyncio
    PyObject* task_type = nullptr;
    PyObject* cancelled_error = nullptr;
    PyObject* get_running_loop = nullptr;  // asyncio._get_running_loop: None outside of a loop
    PyObject* enter_task = nullptr;        // asyncio.tasks._enter_task and its opposite
    PyObject* leave_task = nullptr;
    // The package, see configure() in _core.pyi.
    PyObject* errors = nullptr;  // dict: code -> exception class
    PyObject* error_root = nullptr;
    PyObject* make_headers = nullptr;  // list of pairs -> Headers
    PyObject* make_principal = nullptr;  // (id, claims) -> Principal
    PyObject* make_query = nullptr;    // query string -> Query
    PyObject* log_failure = nullptr;   // (name of the handler, exception)
    PyObject* to_plain = nullptr;      // a value that is none of JSON's -> one that is
    // Names and constants used per request.
    PyObject* names_loop = nullptr;   // ("loop", "name")
    PyObject* names_eager = nullptr;  // ("loop", "name", "eager_start")
    PyObject* names_name = nullptr;   // ("name",)
    PyObject* text_throw = nullptr;
    PyObject* text_close = nullptr;
    PyObject* text_create_task = nullptr;
    PyObject* text_get_task_factory = nullptr;
    PyObject* text_cancel = nullptr;
    PyObject* text_set_result = nullptr;
    PyObject* text_set_exception = nullptr;
    PyObject* text_done = nullptr;
};

[[nodiscard]] State& state() noexcept;

// Fills the part of State that comes from asyncio. Throws py::error_already_set.
void load_state();

// A new exception object for `error`; never null: MemoryError when there is nothing else.
[[nodiscard]] py::object exception_from(const Error& error);
// Sets the exception and throws py::error_already_set.
[[noreturn]] void raise(const Error& error);
[[noreturn]] void raise(ErrorCode code, const char* message);

// The error that an exception of the package bears, or nothing for any other exception.
[[nodiscard]] std::optional<Error> error_from(PyObject* exception);

template <class T>
T value_or_raise(Result<T> result) {
    if (!result) raise(result.error());
    return std::move(*result);
}
inline void value_or_raise(const Result<void>& result) {
    if (!result) raise(result.error());
}

// A type of the C API. Throws py::error_already_set.
[[nodiscard]] PyTypeObject* make_type(PyType_Spec& spec);

// Takes the exception that is set, normalised and with its traceback. Null when none is set.
[[nodiscard]] py::object take_exception() noexcept;
// Prints and clears the exception that is set, where there is nobody to raise it to.
void drop_exception(const char* where) noexcept;

// UTF-8 of a str. invalid_argument for lone surrogates; no Python exception stays set.
[[nodiscard]] Result<std::string_view> utf8(PyObject* text);
// A str or an int in the range of int64, else invalid_argument with the name of the argument.
[[nodiscard]] std::string text_or_raise(py::handle object, const char* name);
[[nodiscard]] std::int64_t integer_or_raise(py::handle object, const char* name);
[[nodiscard]] inline PyObject* new_text(std::string_view text) noexcept {
    return PyUnicode_DecodeUTF8(text.data(), static_cast<Py_ssize_t>(text.size()), "replace");
}
// Header fields are bytes; each is one character (ISO 8859-1), so that nothing is lost.
[[nodiscard]] inline PyObject* new_latin1(std::string_view text) noexcept {
    return PyUnicode_DecodeLatin1(text.data(), static_cast<Py_ssize_t>(text.size()), nullptr);
}

// Processes are numbered from the one that loaded the module: objects remember where they were
// made, and refuse to work in a child of fork(), which has no threads of the core.
[[nodiscard]] unsigned process_generation() noexcept;
void note_fork() noexcept;

}  // namespace tidewire::python
