#include "answer.hpp"

#include <string>
#include <utility>

#include "handler.hpp"
#include "handoff.hpp"
#include "response.hpp"
#include "state.hpp"
#include "value.hpp"

namespace tidewire::python {
namespace {

// Tells the log of the handler's program; `exception` is one of the handler's.
void log_failure(const Handler& handler, PyObject* exception) {
    const auto logged = py::reinterpret_steal<py::object>(PyObject_CallFunctionObjArgs(
        state().log_failure, handler.label(), exception, nullptr));
    if (!logged) drop_exception("tidewire: logging");
}

}  // namespace

Result<Response> method_response(const Request& request, PyObject* result) {
    const Serializer serializer = request.reply_serializer();
    auto body = to_body(result, serializer);
    if (!body) return body.error();
    const bool capnp = serializer == Serializer::capnp;
    return Response{200, capnp ? "application/capnp" : "application/json", {}, std::move(*body)};
}

// Errors of the table travel as they are; of anything else the text is for the log, and for the
// caller only if debug.
Error error_for(const Handler& handler, PyObject* exception) {
    const auto error = error_from(exception);
    if (error && error->http_status() != 0 && error->code() != ErrorCode::internal) return *error;
    log_failure(handler, exception);
    if (!handler.debug()) return Error(ErrorCode::internal);
    const auto text = py::reinterpret_steal<py::object>(PyObject_Str(exception));
    PyErr_Clear();
    const auto message = text ? utf8(text.ptr()) : Result<std::string_view>(std::string_view());
    return {ErrorCode::internal,
            type_name(exception) + ": " + std::string(message.value_or(""))};
}

void answer_exception(Exchange& exchange, PyObject* exception) {
    exchange.reply.fail(error_for(*exchange.handler, exception));
}

void give_up(Exchange& exchange) {
    if (exchange.host != nullptr && exchange.host->forked()) {
        new Reply(std::move(exchange.reply));  // left alone: see process_generation()
        new Request(std::move(exchange.request));
    } else if (exchange.reply) {
        exchange.reply.fail(Error(ErrorCode::no_responders));
    }
}

void answer_result(Exchange& exchange, PyObject* result) {
    if (exchange.host->forked()) return give_up(exchange);
    if (!exchange.reply) return;  // a writer has answered
    const Handler& handler = *exchange.handler;
    Result<Response> response = Response{};
    if (handler.is_method()) {
        response = method_response(exchange.request, result);
    } else {
        response = response_from(result);
    }
    if (response) {
        exchange.reply.send(std::move(*response));
        return;
    }
    const Error error(ErrorCode::invalid_argument,
                      "the handler's result: " + std::string(response.error().message()));
    log_failure(handler, exception_from(error).ptr());
    exchange.reply.fail(error);
}

bool answer_raised(Exchange& exchange) {
    const py::object exception = take_exception();
    if (exchange.host->forked()) give_up(exchange);
    if (!exception) {
        exchange.reply.fail(Error(ErrorCode::internal));
        return true;
    }
    if (PyObject_IsInstance(exception.ptr(), PyExc_Exception) == 1) {
        answer_exception(exchange, exception.ptr());
        return true;
    }
    PyErr_Clear();
    const bool cancelled = PyObject_IsInstance(exception.ptr(), state().cancelled_error) == 1;
    // Cancelled by its caller: nobody reads the answer. Else the loop is about to end.
    exchange.reply.fail(Error(cancelled ? ErrorCode::no_responders : ErrorCode::internal));
    PyErr_SetObject(reinterpret_cast<PyObject*>(Py_TYPE(exception.ptr())), exception.ptr());
    return false;
}

}  // namespace tidewire::python
