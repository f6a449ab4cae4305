// The job of a plain handler: a callable that a thread of the pool runs.
#pragma once

#include "answer.hpp"

namespace tidewire::python {

void add_job_type();

// Hands the handler to Handler::submit(). The request is answered in any case: `overloaded` when
// too many wait for a thread. False with an exception set when the host's loop must see it.
[[nodiscard]] bool start_job(Exchange exchange);

}  // namespace tidewire::python
