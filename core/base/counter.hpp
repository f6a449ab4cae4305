// Counter: a number that one thread writes and any reads.
#pragma once

#include <atomic>
#include <cstdint>

namespace tidewire::base {

// Written on one loop only, so plain loads and stores do; read from anywhere.
class Counter {
public:
    void add(std::int64_t amount) noexcept {
        value_.store(value_.load(std::memory_order_relaxed) + amount, std::memory_order_relaxed);
    }
    [[nodiscard]] std::uint64_t get() const noexcept {
        return static_cast<std::uint64_t>(value_.load(std::memory_order_relaxed));
    }

private:
    std::atomic<std::int64_t> value_{0};
};

}  // namespace tidewire::base
