// The threads behind tidewire::Runtime.
#pragma once

#include <atomic>
#include <cstddef>
#include <functional>
#include <memory>
#include <thread>
#include <vector>

#include "base/fork_guard.hpp"
#include "net/loop.hpp"

namespace tidewire::api {

class RuntimeImpl {
public:
    explicit RuntimeImpl(std::size_t loops);
    ~RuntimeImpl();  // contract: stopped
    RuntimeImpl(const RuntimeImpl&) = delete;
    RuntimeImpl& operator=(const RuntimeImpl&) = delete;

    [[nodiscard]] std::size_t size() const noexcept { return loops_.size(); }
    [[nodiscard]] base::Loop& loop(std::size_t index) noexcept { return *loops_[index]->loop; }
    [[nodiscard]] bool forked() const noexcept { return fork_guard_.forked(); }
    [[nodiscard]] bool alive() const noexcept { return !forked() && !stopped_.load(); }
    void stop();

private:
    struct LoopThread {
        // Shared with the thread, which may have to outlive this object: see stop().
        std::shared_ptr<net::NetLoop> loop = std::make_shared<net::NetLoop>();
        std::thread thread;
    };
    std::vector<std::unique_ptr<LoopThread>> loops_;
    std::atomic<bool> stopped_{false};
    base::ForkGuard fork_guard_;
};

// Runs `task` on the loop and waits for it. False when the loop has ended; then it did not run. On
// the loop's own thread it runs at once.
[[nodiscard]] bool run_on(base::Loop& loop, const std::function<void()>& task);

}  // namespace tidewire::api
