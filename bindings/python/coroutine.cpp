#include "coroutine.hpp"

#include <new>
#include <utility>

#include "eager.hpp"
#include "handler.hpp"
#include "handoff.hpp"
#include "state.hpp"

namespace tidewire::python {
namespace {

PyTypeObject* coroutine_type = nullptr;  // NOLINT: one per process, as State
// The coroutine of the handler that runs, where its caller has set a deadline.
PyObject* handler_variable = nullptr;  // NOLINT

struct Coroutine {
    PyObject_HEAD
    PyObject* inner;    // null at its end
    PyObject* awaited;  // what the step run ahead waits for, until the task asks for it
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
    if (self.awaited != nullptr) {
        *result = std::exchange(self.awaited, nullptr);
        return PYGEN_NEXT;
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
    // Cancelled before its task has seen what it waits for: as a task does, cancel that, and let
    // the task wait for it. A bare yield is nothing to cancel.
    if (self.awaited != nullptr && self.awaited != Py_None) {
        const auto cancelled = py::reinterpret_steal<py::object>(
            PyObject_CallMethodNoArgs(self.awaited, state().text_cancel));
        if (!cancelled) PyErr_Clear();
        return std::exchange(self.awaited, nullptr);
    }
    Py_CLEAR(self.awaited);
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
    Py_VISIT(self.awaited);
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
    Py_CLEAR(self.awaited);
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

// Keeps the exception that is set.
void reset_variable(PyObject* token) {
    PyObject* type = nullptr;
    PyObject* value = nullptr;
    PyObject* traceback = nullptr;
    PyErr_Fetch(&type, &value, &traceback);
    if (PyContextVar_Reset(handler_variable, token) != 0) PyErr_Clear();
    PyErr_Restore(type, value, traceback);
}

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

}  // namespace

void add_coroutine_type() {
    coroutine_type = make_type(coroutine_spec);
    handler_variable = PyContextVar_New("tidewire_handler", nullptr);
    if (handler_variable == nullptr) throw py::error_already_set();
    // asyncio.Task takes what is registered as a coroutine.
    py::module_::import("collections.abc")
        .attr("Coroutine")
        .attr("register")(py::handle(reinterpret_cast<PyObject*>(coroutine_type)));
}

bool step_ahead(PyObject* coroutine) {
    PyObject* result = nullptr;
    switch (coroutine_send(coroutine, Py_None, &result)) {
        case PYGEN_NEXT: coroutine_of(coroutine).awaited = result; return true;
        case PYGEN_RETURN: Py_XDECREF(result); return true;
        case PYGEN_ERROR: break;
    }
    return false;
}

bool has_ended(PyObject* coroutine) noexcept { return coroutine_of(coroutine).inner == nullptr; }

std::optional<std::chrono::milliseconds> time_left_of_handler() {
    PyObject* found = nullptr;
    if (PyContextVar_Get(handler_variable, nullptr, &found) != 0) PyErr_Clear();
    const auto coroutine = py::reinterpret_steal<py::object>(found);
    if (!coroutine || has_ended(found) || coroutine_of(found).exchange.host->forked()) return {};
    return coroutine_of(found).exchange.request.time_left();
}

bool start_coroutine(Exchange exchange) {
    const Handler& handler = *exchange.handler;
    PyObject* view = nullptr;
    const auto called = handler.call(exchange, &view);
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

    // Set while the task is made, which copies the context.
    const bool has_deadline = self.exchange.request.time_left().has_value();
    const auto token = py::reinterpret_steal<py::object>(
        has_deadline ? PyContextVar_Set(handler_variable, made.ptr()) : nullptr);
    const auto task = py::reinterpret_steal<py::object>(
        host.has_own_task_factory() ? host.make_task(made.ptr(), label)
                                    : start_eagerly(host.loop(), made.ptr(), label));
    if (token) reset_variable(token.ptr());
    if (task && self.inner != nullptr) host.add_task(task.ptr(), &self.exchange);
    if (task || PyErr_Occurred() == nullptr) return true;
    // It ended by what is not the handler's to keep, or the loop is closing and takes no task.
    if (self.inner == nullptr) {
        if (PyErr_ExceptionMatches(state().cancelled_error) == 0) return false;
        PyErr_Clear();  // a task would be cancelled now, and the loop not told
        return true;
    }
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

}  // namespace tidewire::python
