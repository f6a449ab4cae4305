#include "base/timer.hpp"

#include <catch2/catch.hpp>

#include <memory>
#include <random>
#include <vector>

using namespace tidewire::base;

namespace {

TimePoint at(int ms) { return TimePoint(std::chrono::milliseconds(ms)); }

struct Noting final : Waiter {
    Noting(std::vector<int>& l, int n) : log(l), name(n) {}
    void ring() override { log.push_back(name); }
    std::vector<int>& log;
    int name;
};

}  // namespace

TEST_CASE("timers ring in the order of their time, not of arming") {
    Timers timers;
    std::vector<int> log;
    Noting first(log, 1), second(log, 2), third(log, 3);
    Timer c(third), a(first), b(second);
    c.arm(timers, at(30));
    a.arm(timers, at(10));
    b.arm(timers, at(20));
    REQUIRE(timers.next() == at(10));
    timers.fire(at(20));
    REQUIRE(log == std::vector{1, 2});
    REQUIRE_FALSE(a.armed());
    REQUIRE(c.armed());
}

TEST_CASE("a disarmed or destroyed timer does not ring") {
    Timers timers;
    std::vector<int> log;
    Noting note(log, 1);
    Timer kept(note);
    kept.arm(timers, at(1));
    kept.disarm();
    {
        Timer gone(note);
        gone.arm(timers, at(1));
    }
    timers.fire(at(5));
    REQUIRE(log.empty());
    REQUIRE(timers.size() == 0);
}

TEST_CASE("arming again moves a timer") {
    Timers timers;
    std::vector<int> log;
    Noting note(log, 1);
    Timer timer(note);
    timer.arm(timers, at(1));
    timer.arm(timers, at(50));
    timers.fire(at(20));
    REQUIRE(log.empty());
    timers.fire(at(50));
    REQUIRE(log.size() == 1);
}

TEST_CASE("a waiter that arms for now again waits for the next round") {
    struct Again final : Waiter {
        void ring() override {
            ++rings;
            timer->arm(*timers, at(10));
        }
        Timers* timers = nullptr;
        Timer* timer = nullptr;
        int rings = 0;
    } again;
    Timers timers;
    Timer timer(again);
    again.timers = &timers;
    again.timer = &timer;
    timer.arm(timers, at(10));
    timers.fire(at(10));
    REQUIRE(again.rings == 1);
    timers.fire(at(10));
    REQUIRE(again.rings == 2);
}

TEST_CASE("a thousand timers armed, moved and disarmed at random ring in order, each once") {
    std::mt19937 random(7);
    Timers timers;
    std::vector<int> log;
    std::vector<int> due(1000, -1);
    std::vector<std::unique_ptr<Noting>> notes;
    std::vector<std::unique_ptr<Timer>> all;
    for (int i = 0; i < 1000; ++i) {
        notes.push_back(std::make_unique<Noting>(log, i));
        all.push_back(std::make_unique<Timer>(*notes.back()));
    }
    for (int step = 0; step < 5000; ++step) {
        const auto index = random() % 1000;
        if (random() % 4 == 0) {
            all[index]->disarm();
            due[index] = -1;
        } else {
            due[index] = static_cast<int>(random() % 10'000);
            all[index]->arm(timers, at(due[index]));
        }
    }
    std::size_t expected = 0;
    for (const int time : due) expected += time >= 0 ? 1 : 0;
    timers.fire(at(10'000));
    REQUIRE(log.size() == expected);
    for (std::size_t i = 1; i < log.size(); ++i) {
        REQUIRE(due[static_cast<std::size_t>(log[i - 1])] <= due[static_cast<std::size_t>(log[i])]);
    }
}
