#include "eager.hpp"

#include <algorithm>
#include <vector>

#include "coroutine.hpp"
#include "state.hpp"

namespace tidewire::python {

#if PY_VERSION_HEX >= 0x030C0000

void add_eager_type() {}

PyObject* start_eagerly(PyObject* loop, PyObject* coroutine, PyObject* name) {
    PyObject* const arguments[] = {coroutine, loop, name, Py_True};
    return PyObject_Vectorcall(state().task_type, arguments, 1, state().names_eager);
}

#else

namespace {

PyTypeObject* eager_type = nullptr;  // NOLINT: one per process, as State

// A task that is not made yet: it lives on the stack of the step that it would run.
struct Unmade {
    PyObject* task;
    PyObject* loop;
    PyObject* coroutine;
    PyObject* name;
    PyObject* context;
};
// NOLINTNEXTLINE: touched with the GIL; one for each thread that is in a first step.
std::vector<Unmade> unmade;

void forget(PyObject* task) {
    std::erase_if(unmade, [task](const Unmade& one) { return one.task == task; });
}

// Makes the task what it seems to be, if it is not. False with an exception set.
bool make_real(PyObject* task) {
    const auto found = std::find_if(unmade.begin(), unmade.end(),
                                    [task](const Unmade& one) { return one.task == task; });
    if (found == unmade.end()) return true;
    const Unmade one = *found;
    unmade.erase(found);
    const auto arguments = py::reinterpret_steal<py::object>(PyTuple_Pack(1, one.coroutine));
    const auto options = py::reinterpret_steal<py::object>(
        Py_BuildValue("{sOsOsO}", "loop", one.loop, "name", one.name, "context", one.context));
    return arguments && options &&
           eager_type->tp_init(task, arguments.ptr(), options.ptr()) == 0;
}

PyObject* eager_attribute(PyObject* self, PyObject* name) {
    if (!unmade.empty() && !make_real(self)) return nullptr;
    return PyObject_GenericGetAttr(self, name);
}

PyObject* eager_repr(PyObject* self) {
    if (!unmade.empty() && !make_real(self)) return nullptr;
    return reinterpret_cast<PyTypeObject*>(state().task_type)->tp_repr(self);
}

// Makes the task the loop's current one, or, by leave_task, that no longer.
bool tell_asyncio(PyObject* function, const Unmade& one) {
    PyObject* const arguments[] = {one.loop, one.task};
    const auto told = py::reinterpret_steal<py::object>(
        PyObject_Vectorcall(function, arguments, 2, nullptr));
    return static_cast<bool>(told);
}

// The step, in the task's context, as the loop's current task. False with an exception set.
bool step(const Unmade& one) {
    if (PyContext_Enter(one.context) != 0) return false;
    const bool fine = step_ahead(one.coroutine);
    const py::object raised = fine ? py::object() : take_exception();
    const bool exited = PyContext_Exit(one.context) == 0;
    const bool left = tell_asyncio(state().leave_task, one);
    if (fine) return exited && left;
    PyErr_SetObject(reinterpret_cast<PyObject*>(Py_TYPE(raised.ptr())), raised.ptr());
    return false;
}

PyType_Slot eager_slots[] = {
    {Py_tp_getattro, reinterpret_cast<void*>(eager_attribute)},
    {Py_tp_repr, reinterpret_cast<void*>(eager_repr)},
    {0, nullptr},
};
PyType_Spec eager_spec{"tidewire._core.EagerTask", 0, 0,
                       Py_TPFLAGS_DEFAULT | Py_TPFLAGS_IMMUTABLETYPE, eager_slots};

}  // namespace

void add_eager_type() {
    PyObject* type = PyType_FromSpecWithBases(&eager_spec, state().task_type);
    if (type == nullptr) throw py::error_already_set();
    eager_type = reinterpret_cast<PyTypeObject*>(type);
}

PyObject* start_eagerly(PyObject* loop, PyObject* coroutine, PyObject* name) {
    auto task = py::reinterpret_steal<py::object>(eager_type->tp_alloc(eager_type, 0));
    const auto context = py::reinterpret_steal<py::object>(PyContext_CopyCurrent());
    if (!task || !context) return nullptr;
    const Unmade one{task.ptr(), loop, coroutine, name, context.ptr()};
    unmade.push_back(one);
    if (!tell_asyncio(state().enter_task, one)) {
        PyErr_Clear();  // a loop inside a task's step: begin in a later turn, as other tasks do
        return make_real(task.ptr()) ? task.release().ptr() : nullptr;
    }
    const bool fine = step(one);
    const bool wanted = !has_ended(coroutine) || Py_REFCNT(task.ptr()) > 1;
    if (fine && wanted && !make_real(task.ptr())) return nullptr;
    forget(task.ptr());
    if (!fine || !wanted) return nullptr;
    return task.release().ptr();
}

#endif

}  // namespace tidewire::python
