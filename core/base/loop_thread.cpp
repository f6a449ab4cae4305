#include "base/loop_thread.hpp"

#include <tidewire/executor.hpp>

namespace tidewire {
namespace {
thread_local bool t_runs_loop = false;
}

namespace base {
LoopThreadMark::LoopThreadMark() noexcept { t_runs_loop = true; }
LoopThreadMark::~LoopThreadMark() { t_runs_loop = false; }
}  // namespace base

bool on_loop_thread() noexcept { return t_runs_loop; }

}  // namespace tidewire
