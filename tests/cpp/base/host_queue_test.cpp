#include <tidewire/host_queue.hpp>

#include <catch2/catch.hpp>

#include <atomic>
#include <thread>

using tidewire::HostQueue;

TEST_CASE("a queue wakes once from empty to not empty, and not while the host is draining") {
    int wakes = 0;
    HostQueue<int> queue(10, [&wakes] { ++wakes; });
    REQUIRE(queue.push(1));
    REQUIRE(queue.push(2));
    REQUIRE(wakes == 1);
    std::vector<int> out;
    REQUIRE(queue.drain(out) == 2);
    REQUIRE(out == std::vector{1, 2});
    REQUIRE(queue.push(3));  // the host has not said that it is done
    REQUIRE(wakes == 1);
    out.clear();
    REQUIRE(queue.drain(out) == 1);
    out.clear();
    REQUIRE(queue.drain(out) == 0);
    REQUIRE(queue.push(4));
    REQUIRE(wakes == 2);
}

TEST_CASE("events pushed for later are rung for once") {
    int wakes = 0;
    HostQueue<int> queue(10, [&wakes] { ++wakes; });
    queue.ring_if_waiting();
    REQUIRE(wakes == 0);
    REQUIRE(queue.push(1, HostQueue<int>::Ring::later));
    REQUIRE(queue.push(2, HostQueue<int>::Ring::later));
    REQUIRE(wakes == 0);
    queue.ring_if_waiting();
    queue.ring_if_waiting();
    REQUIRE(wakes == 1);
}

TEST_CASE("a full queue refuses and leaves the event with the caller") {
    HostQueue<std::unique_ptr<int>> queue(1, [] {});
    REQUIRE(queue.push(std::make_unique<int>(1)));
    auto second = std::make_unique<int>(2);
    REQUIRE_FALSE(queue.push(std::move(second)));
    REQUIRE(*second == 2);
    REQUIRE(queue.push_always(std::move(second)));
    REQUIRE(queue.size() == 2);
}

TEST_CASE("a closed queue gives its events back and never wakes again") {
    int wakes = 0;
    HostQueue<int> queue(10, [&wakes] { ++wakes; });
    REQUIRE(queue.push(1));
    REQUIRE(queue.close() == std::vector{1});
    REQUIRE_FALSE(queue.push(2));
    REQUIRE_FALSE(queue.push_always(3));
    queue.probe();
    REQUIRE(wakes == 1);
}

TEST_CASE("many threads push while one drains: everything arrives once, in order per thread") {
    constexpr int kThreads = 4;
    constexpr int kEach = 20'000;
    std::atomic<int> wakes{0};
    HostQueue<std::pair<int, int>> queue(kThreads * kEach, [&wakes] { wakes.fetch_add(1); });
    std::vector<std::thread> threads;
    for (int thread = 0; thread < kThreads; ++thread) {
        threads.emplace_back([&queue, thread] {
            for (int i = 0; i < kEach; ++i) {
                if (!queue.push({thread, i})) std::abort();
            }
        });
    }
    std::vector<int> next(kThreads, 0);
    int seen = 0;
    bool in_order = true;
    std::vector<std::pair<int, int>> out;
    while (seen < kThreads * kEach) {
        out.clear();
        if (queue.drain(out) == 0) std::this_thread::yield();
        for (const auto& [thread, number] : out) {
            in_order = in_order && next[static_cast<std::size_t>(thread)]++ == number;
            ++seen;
        }
    }
    for (auto& thread : threads) thread.join();
    REQUIRE(in_order);
    REQUIRE(wakes.load() >= 1);
    REQUIRE(queue.size() == 0);
}

TEST_CASE("what the host leaves lying counts as a stall, what it takes at once does not") {
    HostQueue<int> queue(10, [] {});
    std::vector<int> out;
    REQUIRE(queue.push(1));
    queue.drain(out);
    REQUIRE(queue.stall_seconds() == 0);
    queue.probe();
    std::this_thread::sleep_for(std::chrono::milliseconds(120));
    const double running = queue.stall_seconds();
    REQUIRE(running >= 0.12);
    out.clear();
    queue.drain(out);
    REQUIRE(queue.stall_seconds() >= running);
}
