// The garbage collector's view of a bound class that owns Python objects.
//
// Handlers are closures, and closures refer to the server they are registered on: without this
// such a ring would never be freed. T has traverse(visitproc, void*) and clear_references().
#pragma once

#include <pybind11/pybind11.h>

namespace tidewire::python {

template <class T>
int traverse_object(PyObject* self, visitproc visit, void* arg) {
    Py_VISIT(Py_TYPE(self));
    if (pybind11::detail::is_holder_constructed(self)) {
        return pybind11::cast<T&>(pybind11::handle(self)).traverse(visit, arg);
    }
    return 0;
}

template <class T>
int clear_object(PyObject* self) {
    if (pybind11::detail::is_holder_constructed(self)) {
        pybind11::cast<T&>(pybind11::handle(self)).clear_references();
    }
    return 0;
}

template <class T>
pybind11::custom_type_setup collected() {
    return pybind11::custom_type_setup([](PyHeapTypeObject* heap_type) {
        PyTypeObject* type = &heap_type->ht_type;
        type->tp_flags |= Py_TPFLAGS_HAVE_GC;
        type->tp_traverse = &traverse_object<T>;
        type->tp_clear = &clear_object<T>;
    });
}

}  // namespace tidewire::python
