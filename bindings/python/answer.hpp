// The exchange that a handler answers, and what its outcome becomes on the wire.
//
// What a handler returns is converted and sent here, in C++, wherever the handler ran: on the loop
// (coroutine.hpp) or in a thread (job.hpp).
#pragma once

#include <pybind11/pybind11.h>

#include <cstdint>

#include <tidewire/reply.hpp>
#include <tidewire/request.hpp>
#include <tidewire/response.hpp>

namespace tidewire::python {

class Handler;
class HostLoop;

struct Exchange {
    HostLoop* host = nullptr;
    const Handler* handler = nullptr;
    pybind11::object owner;           // what keeps `host`
    pybind11::object handler_object;  // what keeps `handler`
    Request request;
    Reply reply;
    std::uint64_t id = 0;
};

// The handler returned `result`.
void answer_result(Exchange& exchange, PyObject* result);
// What a method's result is as an answer: by the serializer that its caller wants.
[[nodiscard]] Result<Response> method_response(const Request& request, PyObject* result);
// What a caller is told of an Exception that a handler raised; what is not for it is logged.
[[nodiscard]] Error error_for(const Handler& handler, PyObject* exception);
// The handler raised `exception`, an Exception.
void answer_exception(Exchange& exchange, PyObject* exception);
// The handler raised what is set. True when it ends here; false, and it is set again, when it is
// not the handler's to keep: CancelledError, KeyboardInterrupt, SystemExit.
[[nodiscard]] bool answer_raised(Exchange& exchange);
// The handler will not answer any more: no_responders, if it has not answered. In a child of fork()
// the exchange is left alone, for the process that has the core's threads.
void give_up(Exchange& exchange);

}  // namespace tidewire::python
