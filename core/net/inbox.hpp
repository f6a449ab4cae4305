// NetInbox: tasks from other threads for one loop, woken by one uv_async per batch.
#pragma once

#include <uv.h>

#include <atomic>
#include <mutex>
#include <thread>
#include <vector>

#include "base/runtime.hpp"
#include "net/uv_handle.hpp"

namespace tidewire::net {

class NetInbox final : public base::Inbox {
public:
    explicit NetInbox(uv_loop_t* loop);
    ~NetInbox() override = default;

    bool post(Function<void()> task) override;
    [[nodiscard]] bool is_current() const noexcept override;

    // Loop thread: this is the thread from now on.
    void adopt_thread() noexcept;
    // Refuses from now on; tasks that wait are destroyed, not run.
    void close() noexcept;

private:
    void run_tasks();

    std::mutex mutex_;
    std::vector<Function<void()>> tasks_;
    std::vector<Function<void()>> running_;
    UvHandle<uv_async_t> async_;
    bool closed_ = false;
    std::atomic<int> ringing_{0};  // posts between their unlock and the end of their wake-up
    std::atomic<std::thread::id> thread_{};
};

}  // namespace tidewire::net
