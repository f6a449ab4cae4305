// The first step of a handler's task, run at once instead of in the loop's next turn.
//
// Most handlers end in their first step; for them a task is needed only if they ask for it. Python
// 3.12 has tasks that start eagerly. Before, asyncio.current_task() is an EagerTask meanwhile: an
// asyncio.Task that is made for real when anything of it is looked at, when the handler waits for
// something, or when somebody has kept it.
#pragma once

#include <pybind11/pybind11.h>

namespace tidewire::python {

void add_eager_type();

// A task of `loop` that runs `coroutine`, whose first step has been made. A new reference; or null:
// without an exception when the coroutine has ended and nobody knows of the task, with one when it
// raised it or there can be no task.
[[nodiscard]] PyObject* start_eagerly(PyObject* loop, PyObject* coroutine, PyObject* name);

}  // namespace tidewire::python
