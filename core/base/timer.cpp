#include "base/timer.hpp"

#include <utility>

namespace tidewire::base {

void Timer::arm(Timers& timers, TimePoint when) {
    disarm();
    timers.insert(*this, when);
}

void Timer::disarm() noexcept {
    if (timers_ != nullptr) timers_->remove(*this);
}

Timers::~Timers() {
    for (const Entry& entry : heap_) entry.timer->timers_ = nullptr;
}

std::optional<TimePoint> Timers::next() const noexcept {
    if (heap_.empty()) return std::nullopt;
    return heap_.front().when;
}

void Timers::fire(TimePoint now) {
    // A waiter may arm a timer for "now" again; bounding the round by the count at its start keeps
    // that from spinning here for ever.
    for (std::size_t left = heap_.size(); left > 0 && !heap_.empty(); --left) {
        const Entry due = heap_.front();
        if (due.when > now) return;
        remove(*due.timer);
        due.timer->waiter_.ring();
    }
}

void Timers::insert(Timer& timer, TimePoint when) {
    timer.timers_ = this;
    heap_.push_back({when, &timer});
    timer.slot_ = heap_.size() - 1;
    sift_up(timer.slot_);
}

void Timers::remove(Timer& timer) noexcept {
    const std::size_t slot = timer.slot_;
    timer.timers_ = nullptr;
    const Entry last = heap_.back();
    heap_.pop_back();
    if (last.timer == &timer) return;
    place(slot, last);
    sift_up(slot);
    sift_down(last.timer->slot_);
}

void Timers::place(std::size_t slot, Entry entry) noexcept {
    heap_[slot] = entry;
    entry.timer->slot_ = slot;
}

void Timers::sift_up(std::size_t slot) noexcept {
    const Entry moving = heap_[slot];
    while (slot > 0) {
        const std::size_t parent = (slot - 1) / 2;
        if (heap_[parent].when <= moving.when) break;
        place(slot, heap_[parent]);
        slot = parent;
    }
    place(slot, moving);
}

void Timers::sift_down(std::size_t slot) noexcept {
    const Entry moving = heap_[slot];
    while (true) {
        std::size_t child = 2 * slot + 1;
        if (child >= heap_.size()) break;
        if (child + 1 < heap_.size() && heap_[child + 1].when < heap_[child].when) ++child;
        if (heap_[child].when >= moving.when) break;
        place(slot, heap_[child]);
        slot = child;
    }
    place(slot, moving);
}

}  // namespace tidewire::base
