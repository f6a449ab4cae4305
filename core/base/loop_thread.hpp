// Marks the threads that run a loop, where waiting would be a deadlock (see on_loop_thread()).
#pragma once

namespace tidewire::base {

// Lives on the stack of a thread for as long as it runs a loop.
class LoopThreadMark {
public:
    LoopThreadMark() noexcept;
    ~LoopThreadMark();
    LoopThreadMark(const LoopThreadMark&) = delete;
    LoopThreadMark& operator=(const LoopThreadMark&) = delete;
};

}  // namespace tidewire::base
