// A handler that runs: the coroutine around an async one, and the job around a plain one. Each owns
// the Reply of its request and answers it in C++ with what the handler returns or raises.
//
// The coroutine is what asyncio.Task steps. It passes send() and throw() on to the handler's own
// coroutine, so that contextvars, current_task(), timeouts and cancellation are those of any task;
// that it turns the end into a reply saves the task's done callback, which costs asyncio a turn of
// its loop.
#pragma once

#include <pybind11/pybind11.h>

#include <cstdint>

#include <tidewire/reply.hpp>
#include <tidewire/request.hpp>

namespace tidewire::python {

class Handler;
class HostLoop;

void add_running_types();

// What both need of their request.
struct Exchange {
    HostLoop* host = nullptr;
    const Handler* handler = nullptr;
    pybind11::object owner;           // what keeps `host`
    pybind11::object handler_object;  // what keeps `handler`
    Request request;
    Reply reply;
    std::uint64_t id = 0;
};

// Runs the handler, on the loop as a task or in a thread by Handler::submit(). False with an
// exception set when the host's loop did not take it; the request is answered in any case.
[[nodiscard]] bool start_handler(Exchange exchange);

}  // namespace tidewire::python
