#include "job.hpp"

#include <new>
#include <utility>

#include "handler.hpp"
#include "handoff.hpp"
#include "request.hpp"
#include "state.hpp"

namespace tidewire::python {
namespace {

PyTypeObject* job_type = nullptr;  // NOLINT: one per process, as State

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

PyType_Slot job_slots[] = {
    {Py_tp_dealloc, reinterpret_cast<void*>(job_dealloc)},
    {Py_tp_call, reinterpret_cast<void*>(job_call)},
    {0, nullptr},
};
PyType_Spec job_spec{"tidewire._core.HandlerJob", sizeof(Job), 0,
                     Py_TPFLAGS_DEFAULT | Py_TPFLAGS_DISALLOW_INSTANTIATION |
                         Py_TPFLAGS_IMMUTABLETYPE,
                     job_slots};

}  // namespace

void add_job_type() { job_type = make_type(job_spec); }

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

}  // namespace tidewire::python
