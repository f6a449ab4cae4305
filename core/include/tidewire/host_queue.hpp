// HostQueue<T>: how the core's threads hand events to the one thread of a host language.
//
// Any thread pushes; the host's thread drains in batches. The wake-up function is called only when
// the queue goes from "host knows of nothing" to "host has something", never while the host is
// draining, and outside the lock's fast path nothing is shared. The queue is bounded: a full queue
// refuses, and the caller answers `overloaded`.
//
// The queue also measures how long the host leaves events lying: the sum of those delays above
// kStallThreshold is the metric app_stall_seconds.
#pragma once

#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <mutex>
#include <optional>
#include <thread>
#include <utility>
#include <vector>

#include <tidewire/function.hpp>

namespace tidewire {

template <class T>
class HostQueue {
public:
    using Clock = std::chrono::steady_clock;
    // Shorter delays are a busy loop at work, not a blocked one.
    static constexpr std::chrono::milliseconds kStallThreshold{50};

    // `wake` is called from pushing threads, perhaps two at once: it must only ring (write an
    // eventfd, call a thread-safe function) and never wait, nor take a lock of the host language.
    HostQueue(std::size_t capacity, Function<void()> wake)
        : capacity_(capacity), wake_(std::move(wake)) {}

    // When to ring: at once, or by a later ring_if_waiting(), so that what one turn of a loop
    // brings is one batch even when host and loop share a core.
    enum class Ring : std::uint8_t { now, later };

    // False, and `event` is left as it was, when the queue is full or closed.
    bool push(T&& event, Ring when = Ring::now) {
        std::unique_lock lock(mutex_);
        if (closed_ || events_.size() >= capacity_) return false;
        add(std::move(event), when, std::move(lock));
        return true;
    }
    // The same beyond the capacity, for the few events that must not be lost. False when closed.
    bool push_always(T&& event) {
        std::unique_lock lock(mutex_);
        if (closed_) return false;
        add(std::move(event), Ring::now, std::move(lock));
        return true;
    }
    void ring_if_waiting() {
        std::unique_lock lock(mutex_);
        if (!closed_ && !events_.empty()) ring(std::move(lock));
    }

    // Rings without an event, so that a host that does not come is noticed.
    void probe() {
        std::unique_lock lock(mutex_);
        if (!closed_) ring(std::move(lock));
    }

    // Host thread only: swaps all waiting events into `out`, which must be empty. When there were
    // none, the next push wakes again; so call it until it gives 0, or come back unasked.
    std::size_t drain(std::vector<T>& out) {
        std::lock_guard lock(mutex_);
        note_arrival();
        events_.swap(out);
        if (out.empty()) {
            awake_ = false;
        } else {
            waiting_since_ = std::nullopt;
        }
        return out.size();
    }

    // No wake-up happens after close() has returned; waiting events are given back.
    std::vector<T> close() {
        std::vector<T> waiting;
        {
            std::lock_guard lock(mutex_);
            closed_ = true;
            waiting.swap(events_);
        }
        // Whoever is ringing now has decided so before; that takes no longer than one system call.
        while (ringing_.load(std::memory_order_acquire) != 0) std::this_thread::yield();
        return waiting;
    }

    [[nodiscard]] std::size_t size() const {
        std::lock_guard lock(mutex_);
        return events_.size();
    }
    // Completed stalls, and the one that goes on now.
    [[nodiscard]] double stall_seconds() const {
        std::lock_guard lock(mutex_);
        Clock::duration total = stalled_;
        if (waiting_since_) {
            const auto waited = Clock::now() - *waiting_since_;
            if (waited > kStallThreshold) total += waited;
        }
        return std::chrono::duration<double>(total).count();
    }

private:
    void add(T&& event, Ring when, std::unique_lock<std::mutex> lock) {
        events_.push_back(std::move(event));
        if (when == Ring::now) {
            ring(std::move(lock));
        } else if (!waiting_since_) {
            waiting_since_ = Clock::now();
        }
    }
    // Rings after the unlock: a host that shares the core runs at once, and must not run into the
    // lock.
    void ring(std::unique_lock<std::mutex> lock) {
        if (!waiting_since_) waiting_since_ = Clock::now();
        if (awake_) return;
        awake_ = true;
        ringing_.fetch_add(1, std::memory_order_relaxed);
        lock.unlock();
        wake_();
        ringing_.fetch_sub(1, std::memory_order_release);
    }
    void note_arrival() {
        if (!waiting_since_) return;
        const auto waited = Clock::now() - *waiting_since_;
        if (waited > kStallThreshold) stalled_ += waited;
        waiting_since_ = std::nullopt;
    }

    const std::size_t capacity_;
    mutable std::mutex mutex_;
    std::vector<T> events_;
    Function<void()> wake_;
    bool awake_ = false;
    bool closed_ = false;
    std::atomic<int> ringing_{0};
    std::optional<Clock::time_point> waiting_since_;
    Clock::duration stalled_{};
};

}  // namespace tidewire
