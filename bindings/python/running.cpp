#include "running.hpp"

#include <new>
#include <utility>

#include "handler.hpp"
#include "handoff.hpp"
#include "request.hpp"
#include "response.hpp"
#include "state.hpp"
#include "value.hpp"

namespace tidewire::python {
namespace {

PyTypeObject* coroutine_type = nullptr;  // NOLINT: one per process, as State
PyTypeObject* job_type = nullptr;        // NOLINT

// Tells the log of the handler's program; `exception` is one of the handler's.
void log_failure(const Handler& handler, PyObject* exception) {
    const auto logged = py::reinterpret_steal<py::object>(PyObject_CallFunctionObjArgs(
        state().log_failure, handler.label(), exception, nullptr));
    if (!logged) drop_exception("tidewire: logging");
}

// The answer to a request whose handler raised `exception`, an Exception. Errors of the table
// travel as they are; of anything else the text is for the log, and for the caller only if debug.
void answer_exception(Exchange& exchange, PyObject* exception) {
    const Handler& handler = *exchange.handler;
    const auto error = error_from(exception);
    if (error && error->http_status() != 0 && error->code() != ErrorCode::internal) {
        exchange.reply.fail(*error);
        return;
    }
    log_failure(handler, exception);
    Error internal(ErrorCode::internal);
    if (handler.debug()) {
        const auto text = py::reinterpret_steal<py::object>(PyObject_Str(exception));
        PyErr_Clear();
        const auto message = text ? utf8(text.ptr()) : Result<std::string_view>(std::string_view());
        internal = Error(ErrorCode::internal, type_name(exception) + ": " +
                                                  std::string(message.value_or("")));
    }
    exchange.reply.fail(internal);
}

// A reply that nobody will send any more, where the process still has the core's threads.
void give_up(Exchange& exchange) {
    if (exchange.host != nullptr && exchange.host->forked()) {
        new Reply(std::move(exchange.reply));  // left alone: see process_generation()
        new Request(std::move(exchange.request));
    } else if (exchange.reply) {
        exchange.reply.fail(Error(ErrorCode::no_responders));
    }
}

// The answer to a request whose handler returned `result`.
void answer_result(Exchange& exchange, PyObject* result) {
    if (exchange.host->forked()) return give_up(exchange);
    const Handler& handler = *exchange.handler;
    Result<Response> response = Response{};
    if (handler.is_method()) {
        auto json = to_json(result);
        if (json) {
            response = Response{200, "application/json", {}, std::move(*json)};
        } else {
            response = json.error();
        }
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

// Answers for the exception that is set. True when it ends here; false, and it is set again, when
// it is not the handler's to keep: CancelledError, KeyboardInterrupt, SystemExit.
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

// ---- The coroutine

struct Coroutine {
    PyObject_HEAD
    PyObject* inner;  // null at its end
    Exchange exchange;
    bool stepped;
};

Coroutine& coroutine_of(PyObject* self) { return *reinterpret_cast<Coroutine*>(self); }

void end(Coroutine& self) {
    self.exchange.host->forget_task(self.exchange.id);
    Py_CLEAR(self.inner);
}

// After the inner coroutine has returned or raised.
PySendResult finish(Coroutine& self, PySendResult how, PyObject** result) {
    if (how == PYGEN_RETURN) {
        answer_result(self.exchange, *result);
        Py_DECREF(*result);
    } else if (!answer_raised(self.exchange)) {
        PyObject* type = nullptr;
        PyObject* value = nullptr;
        PyObject* traceback = nullptr;
        PyErr_Fetch(&type, &value, &traceback);  // end() may run code
        end(self);
        PyErr_Restore(type, value, traceback);
        *result = nullptr;
        return PYGEN_ERROR;
    }
    end(self);
    *result = Py_NewRef(Py_None);
    return PYGEN_RETURN;
}

PySendResult coroutine_send(PyObject* object, PyObject* argument, PyObject** result) {
    Coroutine& self = coroutine_of(object);
    if (self.inner == nullptr) {
        *result = Py_NewRef(Py_None);
        return PYGEN_RETURN;
    }
    self.stepped = true;
    const PySendResult how = PyIter_Send(self.inner, argument, result);
    return how == PYGEN_NEXT ? how : finish(self, how, result);
}

// The Python side of a send result: StopIteration is how a coroutine returns.
PyObject* as_step(PySendResult how, PyObject* result) {
    if (how != PYGEN_RETURN) return result;
    Py_DECREF(result);
    PyErr_SetNone(PyExc_StopIteration);
    return nullptr;
}

PyObject* coroutine_send_method(PyObject* object, PyObject* argument) {
    PyObject* result = nullptr;
    const PySendResult how = coroutine_send(object, argument, &result);
    return as_step(how, result);
}

PyObject* coroutine_next(PyObject* object) { return coroutine_send_method(object, Py_None); }

// What a coroutine has returned, when that is why the call raised.
bool take_stop_iteration(PyObject** value) {
    if (PyErr_ExceptionMatches(PyExc_StopIteration) == 0) return false;
    const py::object exception = take_exception();
    *value = PyObject_GetAttrString(exception.ptr(), "value");
    return *value != nullptr;
}

PyObject* coroutine_throw(PyObject* object, PyObject* arguments) {
    Coroutine& self = coroutine_of(object);
    PyObject* result = nullptr;
    if (self.inner == nullptr) return as_step(PYGEN_RETURN, Py_NewRef(Py_None));
    self.stepped = true;
    const auto method =
        py::reinterpret_steal<py::object>(PyObject_GetAttr(self.inner, state().text_throw));
    if (!method) return nullptr;
    result = PyObject_Call(method.ptr(), arguments, nullptr);
    if (result != nullptr) return result;
    PySendResult how = PYGEN_ERROR;
    if (take_stop_iteration(&result)) how = PYGEN_RETURN;
    how = finish(self, how, &result);
    return as_step(how, result);
}

PyObject* coroutine_close(PyObject* object, PyObject*) {
    Coroutine& self = coroutine_of(object);
    if (self.inner == nullptr) Py_RETURN_NONE;
    const auto closed = py::reinterpret_steal<py::object>(
        PyObject_CallMethodNoArgs(self.inner, state().text_close));
    if (!closed) return nullptr;
    end(self);
    Py_RETURN_NONE;
}

PyObject* coroutine_await(PyObject* self) { return Py_NewRef(self); }

// cr_frame, cr_await, __name__, ...: what asyncio prints of a task.
PyObject* coroutine_attribute(PyObject* self, PyObject* name) {
    PyObject* found = PyObject_GenericGetAttr(self, name);
    if (found != nullptr || PyErr_ExceptionMatches(PyExc_AttributeError) == 0) return found;
    if (coroutine_of(self).inner == nullptr) return nullptr;
    PyErr_Clear();
    return PyObject_GetAttr(coroutine_of(self).inner, name);
}

int coroutine_traverse(PyObject* object, visitproc visit, void* arg) {
    Coroutine& self = coroutine_of(object);
    Py_VISIT(Py_TYPE(object));
    Py_VISIT(self.inner);
    Py_VISIT(self.exchange.owner.ptr());
    Py_VISIT(self.exchange.handler_object.ptr());
    return 0;
}

// Drops the handler's coroutine. One that has never begun is closed, since its loop is at fault.
int coroutine_clear(PyObject* object) {
    Coroutine& self = coroutine_of(object);
    if (self.inner != nullptr && !self.stepped) {
        const auto closed = py::reinterpret_steal<py::object>(
            PyObject_CallMethodNoArgs(self.inner, state().text_close));
        if (!closed) PyErr_Clear();
    }
    Py_CLEAR(self.inner);
    return 0;
}

void coroutine_dealloc(PyObject* object) {
    PyObject_GC_UnTrack(object);
    Coroutine& self = coroutine_of(object);
    PyObject* type = nullptr;
    PyObject* value = nullptr;
    PyObject* traceback = nullptr;
    PyErr_Fetch(&type, &value, &traceback);
    coroutine_clear(object);
    PyErr_Restore(type, value, traceback);
    give_up(self.exchange);
    self.exchange.~Exchange();
    PyTypeObject* own_type = Py_TYPE(object);
    own_type->tp_free(object);
    Py_DECREF(own_type);
}

// The awaitable's iterator; for a coroutine itself. Null with an exception set.
PyObject* steps_of(PyObject* awaitable) {
    if (PyCoro_CheckExact(awaitable)) return Py_NewRef(awaitable);
    const PyAsyncMethods* async = Py_TYPE(awaitable)->tp_as_async;
    if (async != nullptr && async->am_await != nullptr) return async->am_await(awaitable);
    PyErr_Format(PyExc_TypeError, "an async handler returned %s, which cannot be awaited",
                 Py_TYPE(awaitable)->tp_name);
    return nullptr;
}

// False with an exception set when the loop must see it.
bool start_async(Exchange exchange) {
    const Handler& handler = *exchange.handler;
    PyObject* view = nullptr;
    const auto called = handler.call(exchange.request, &view);
    if (!called) {
        exchange.reply.fail(called.error());
        return true;
    }
    const auto awaitable = py::reinterpret_steal<py::object>(*called);
    if (!awaitable) return answer_raised(exchange);
    auto inner = py::reinterpret_steal<py::object>(steps_of(awaitable.ptr()));
    if (!inner) return answer_raised(exchange);

    const auto made =
        py::reinterpret_steal<py::object>(coroutine_type->tp_alloc(coroutine_type, 0));
    if (!made) return answer_raised(exchange);
    HostLoop& host = *exchange.host;
    PyObject* label = handler.label();
    Coroutine& self = coroutine_of(made.ptr());
    new (&self.exchange) Exchange(std::move(exchange));
    self.inner = inner.release().ptr();

    const auto task = py::reinterpret_steal<py::object>(host.make_task(made.ptr(), label));
    if (task) {
        if (self.inner != nullptr) host.add_task(task.ptr(), &self.exchange);
        return true;
    }
    // The loop is closing. The handler has not begun; say so rather than "never awaited".
    const bool ends_here = answer_raised(self.exchange);
    if (self.inner == nullptr) return ends_here;
    const py::object raised = take_exception();
    const auto closed = py::reinterpret_steal<py::object>(coroutine_close(made.ptr(), nullptr));
    if (!closed) PyErr_Clear();
    if (raised && !ends_here) {
        PyErr_SetObject(reinterpret_cast<PyObject*>(Py_TYPE(raised.ptr())), raised.ptr());
    }
    return ends_here;
}

// ---- The job

struct Job {
    PyObject_HEAD
    PyObject* arguments;  // (args, kwargs)
    Exchange exchange;
};

Job& job_of(PyObject* self) { return *reinterpret_cast<Job*>(self); }

// In a thread of the pool. Whatever is raised ends here: a thread has nobody to raise it to.
PyObject* job_call(PyObject* object, PyObject*, PyObject*) {
    Exchange& exchange = job_of(object).exchange;
    const auto arguments = py::reinterpret_steal<py::object>(
        std::exchange(job_of(object).arguments, nullptr));
    if (!arguments || exchange.host->forked()) Py_RETURN_NONE;
    if (exchange.request.cancelled()) {
        exchange.reply.fail(Error(ErrorCode::cancelled));
    } else {
        auto result = py::reinterpret_steal<py::object>(
            PyObject_Call(exchange.handler->callable(), PyTuple_GET_ITEM(arguments.ptr(), 0),
                          PyTuple_GET_ITEM(arguments.ptr(), 1)));
        if (result && PyCoro_CheckExact(result.ptr())) {
            const auto closed = py::reinterpret_steal<py::object>(
                PyObject_CallMethodNoArgs(result.ptr(), state().text_close));
            result = py::object();
            PyErr_SetString(PyExc_TypeError,
                            "a plain def returned a coroutine: declare the handler async def");
        }
        if (result) {
            answer_result(exchange, result.ptr());
        } else {
            const py::object exception = take_exception();
            answer_exception(exchange, exception.ptr());
        }
    }
    exchange.host->forget_job(exchange.id);
    Py_RETURN_NONE;
}

void job_dealloc(PyObject* object) {
    Job& self = job_of(object);
    if (self.exchange.host != nullptr) self.exchange.host->forget_job(self.exchange.id);
    Py_CLEAR(self.arguments);
    give_up(self.exchange);
    self.exchange.~Exchange();
    PyTypeObject* type = Py_TYPE(object);
    type->tp_free(object);
    Py_DECREF(type);
}

bool start_job(Exchange exchange) {
    const Handler& handler = *exchange.handler;
    HostLoop& host = *exchange.host;
    if (host.jobs() >= handler.jobs_max()) {
        exchange.reply.fail(Error(ErrorCode::overloaded, "too many handlers wait for a thread"));
        return true;
    }
    RequestObject* view = nullptr;
    const auto arguments = handler.arguments(exchange.request, reinterpret_cast<PyObject**>(&view));
    if (!arguments) {
        exchange.reply.fail(arguments.error());
        return true;
    }
    const auto made = py::reinterpret_steal<py::object>(job_type->tp_alloc(job_type, 0));
    if (!made) return answer_raised(exchange);
    Job& job = job_of(made.ptr());
    job.arguments = arguments->inc_ref().ptr();
    new (&job.exchange) Exchange(std::move(exchange));
    host.add_job(job.exchange.id, view);
    const auto submitted =
        py::reinterpret_steal<py::object>(PyObject_CallOneArg(handler.submit(), made.ptr()));
    if (submitted) return true;
    const py::object exception = take_exception();  // the pool has ended
    job.exchange.reply.fail(Error(ErrorCode::unavailable));
    return true;
}

// ---- The types

PyMethodDef coroutine_methods[] = {
    {"send", coroutine_send_method, METH_O, nullptr},
    {"throw", coroutine_throw, METH_VARARGS, nullptr},
    {"close", coroutine_close, METH_NOARGS, nullptr},
    {nullptr, nullptr, 0, nullptr},
};

PyType_Slot coroutine_slots[] = {
    {Py_tp_dealloc, reinterpret_cast<void*>(coroutine_dealloc)},
    {Py_tp_traverse, reinterpret_cast<void*>(coroutine_traverse)},
    {Py_tp_clear, reinterpret_cast<void*>(coroutine_clear)},
    {Py_tp_getattro, reinterpret_cast<void*>(coroutine_attribute)},
    {Py_tp_iter, reinterpret_cast<void*>(PyObject_SelfIter)},
    {Py_tp_iternext, reinterpret_cast<void*>(coroutine_next)},
    {Py_tp_methods, coroutine_methods},
    {Py_am_await, reinterpret_cast<void*>(coroutine_await)},
    {Py_am_send, reinterpret_cast<void*>(coroutine_send)},
    {0, nullptr},
};
PyType_Spec coroutine_spec{"tidewire._core.HandlerCoroutine", sizeof(Coroutine), 0,
                           Py_TPFLAGS_DEFAULT | Py_TPFLAGS_HAVE_GC |
                               Py_TPFLAGS_DISALLOW_INSTANTIATION | Py_TPFLAGS_IMMUTABLETYPE,
                           coroutine_slots};

PyType_Slot job_slots[] = {
    {Py_tp_dealloc, reinterpret_cast<void*>(job_dealloc)},
    {Py_tp_call, reinterpret_cast<void*>(job_call)},
    {0, nullptr},
};
PyType_Spec job_spec{"tidewire._core.HandlerJob", sizeof(Job), 0,
                     Py_TPFLAGS_DEFAULT | Py_TPFLAGS_DISALLOW_INSTANTIATION |
                         Py_TPFLAGS_IMMUTABLETYPE,
                     job_slots};

PyTypeObject* make_type(PyType_Spec& spec) {
    PyObject* type = PyType_FromSpec(&spec);
    if (type == nullptr) throw py::error_already_set();
    return reinterpret_cast<PyTypeObject*>(type);
}

}  // namespace

void add_running_types() {
    coroutine_type = make_type(coroutine_spec);
    job_type = make_type(job_spec);
    // asyncio.Task takes what is registered as a coroutine.
    py::module_::import("collections.abc")
        .attr("Coroutine")
        .attr("register")(py::handle(reinterpret_cast<PyObject*>(coroutine_type)));
}

bool start_handler(Exchange exchange) {
    if (exchange.handler->is_async()) return start_async(std::move(exchange));
    return start_job(std::move(exchange));
}

}  // namespace tidewire::python
