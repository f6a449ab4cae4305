// The coroutine of an async handler, which is what asyncio.Task steps.
//
// It passes send() and throw() on to the handler's own coroutine, so that contextvars,
// current_task(), timeouts and cancellation are those of any task; that it turns the end into a
// reply saves the task's done callback, which costs asyncio a turn of its loop. Its first step may
// have been run before its task exists, see eager.hpp.
#pragma once

#include <chrono>
#include <optional>

#include "answer.hpp"

namespace tidewire::python {

void add_coroutine_type();

// Runs the handler as a task of its loop. The request is answered in any case. False with an
// exception set when the loop must see it.
[[nodiscard]] bool start_coroutine(Exchange exchange);

// Runs the step that send(None) would be. A future that it waits for is kept for the task, which
// gets it when it does send(None). False with an exception set when it raised.
[[nodiscard]] bool step_ahead(PyObject* coroutine);
// Whether the handler has ended.
[[nodiscard]] bool has_ended(PyObject* coroutine) noexcept;

// What is left of the deadline of the handler that runs here, if its caller set one: the bound of
// the calls that it makes. What the handler has left running after its end has none.
[[nodiscard]] std::optional<std::chrono::milliseconds> time_left_of_handler();

}  // namespace tidewire::python
