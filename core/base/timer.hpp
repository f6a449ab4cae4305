// Timers: many deadlines of one loop, in a heap, driven by whoever has the clock.
//
// A Timer belongs to its owner and rings a Waiter once when its time has come. Arming again moves
// it; destroying disarms it. Arming and disarming cost O(log n) and allocate nothing in steady
// state, since each call with a deadline does both.
#pragma once

#include <chrono>
#include <cstddef>
#include <optional>
#include <vector>

#include "base/waiter.hpp"

namespace tidewire::base {

using TimePoint = std::chrono::steady_clock::time_point;
using Duration = std::chrono::steady_clock::duration;

class Timers;

class Timer {
public:
    explicit Timer(Waiter& waiter) noexcept : waiter_(waiter) {}
    ~Timer() { disarm(); }
    Timer(const Timer&) = delete;
    Timer& operator=(const Timer&) = delete;

    void arm(Timers& timers, TimePoint when);
    void disarm() noexcept;
    [[nodiscard]] bool armed() const noexcept { return timers_ != nullptr; }

private:
    friend class Timers;
    Waiter& waiter_;
    Timers* timers_ = nullptr;
    std::size_t slot_ = 0;
};

class Timers {
public:
    Timers() = default;
    ~Timers();
    Timers(const Timers&) = delete;
    Timers& operator=(const Timers&) = delete;

    // The earliest deadline, for the driver's own alarm.
    [[nodiscard]] std::optional<TimePoint> next() const noexcept;
    // Rings all that are due at `now`, in order. Those armed meanwhile wait for the next call.
    void fire(TimePoint now);
    [[nodiscard]] std::size_t size() const noexcept { return heap_.size(); }

private:
    friend class Timer;
    struct Entry {
        TimePoint when;
        Timer* timer;
    };
    void insert(Timer& timer, TimePoint when);
    void remove(Timer& timer) noexcept;
    void sift_up(std::size_t slot) noexcept;
    void sift_down(std::size_t slot) noexcept;
    void place(std::size_t slot, Entry entry) noexcept;

    std::vector<Entry> heap_;
};

}  // namespace tidewire::base
