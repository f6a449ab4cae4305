// Executor: a place where functions run, one after the other or in parallel.
//
// Implement it over your own thread pool to take a heavy handler off the loop:
//     app.post("/hash", {.executor = &pool}, heavy);
#pragma once

#include <tidewire/function.hpp>

namespace tidewire {

class Executor {
public:
    virtual ~Executor() = default;
    // Runs `task` later, never inside this call. Callable from any thread. False when the executor
    // has ended: then the task is destroyed without running.
    virtual bool post(Function<void()> task) = 0;
};

// True on a thread that runs a loop of tidewire, where nothing may wait.
[[nodiscard]] bool on_loop_thread() noexcept;

}  // namespace tidewire
