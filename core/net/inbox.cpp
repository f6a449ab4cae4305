#include "net/inbox.hpp"

namespace tidewire::net {

NetInbox::NetInbox(uv_loop_t* loop)
    : async_(make_uv_handle<uv_async_t>(UV_ASYNC, this, [loop](uv_async_t* handle) {
          return uv_async_init(loop, handle, [](uv_async_t* rung) {
              static_cast<NetInbox*>(rung->data)->run_tasks();
          });
      })) {}

bool NetInbox::post(Function<void()> task) {
    {
        std::lock_guard lock(mutex_);
        if (closed_ || !async_) return false;
        tasks_.push_back(std::move(task));
        if (tasks_.size() != 1) return true;
        ringing_.fetch_add(1, std::memory_order_relaxed);
    }
    // After the unlock: a loop that shares the core runs at once, and must not run into the lock.
    uv_async_send(async_.get());
    ringing_.fetch_sub(1, std::memory_order_release);
    return true;
}

bool NetInbox::is_current() const noexcept {
    return thread_.load(std::memory_order_relaxed) == std::this_thread::get_id();
}

void NetInbox::adopt_thread() noexcept {
    thread_.store(std::this_thread::get_id(), std::memory_order_relaxed);
}

void NetInbox::run_tasks() {
    {
        std::lock_guard lock(mutex_);
        running_.swap(tasks_);
    }
    for (auto& task : running_) task();
    running_.clear();
}

void NetInbox::close() noexcept {
    std::vector<Function<void()>> dropped;
    {
        std::lock_guard lock(mutex_);
        closed_ = true;
        dropped.swap(tasks_);
    }
    while (ringing_.load(std::memory_order_acquire) != 0) std::this_thread::yield();
    async_.reset();
    thread_.store({}, std::memory_order_relaxed);
}

}  // namespace tidewire::net
