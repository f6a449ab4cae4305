#include "base/fork_guard.hpp"

#include <pthread.h>

#include <atomic>

namespace tidewire::base {
namespace {

// Raised only in children, by the handler below.
std::atomic<std::uint64_t> g_generation{0};

void count_fork() { g_generation.fetch_add(1, std::memory_order_relaxed); }

}  // namespace

ForkGuard::ForkGuard() noexcept {
    static const int installed = ::pthread_atfork(nullptr, nullptr, &count_fork);
    (void)installed;
    generation_ = g_generation.load(std::memory_order_relaxed);
}

bool ForkGuard::forked() const noexcept {
    return g_generation.load(std::memory_order_relaxed) != generation_;
}

}  // namespace tidewire::base
