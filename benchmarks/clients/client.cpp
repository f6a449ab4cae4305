// tidewire's C++ client: keeps N requests in flight for a while and says what it took.
//
// `bench_client PORT WARMUP_MS WINDOW_MS` prints a JSON list with one object for 1 and one for 64
// requests in flight. Each request asks the next when it settles, on the client's loop thread.
#include <atomic>
#include <condition_variable>
#include <cstdio>
#include <cstdlib>
#include <functional>
#include <mutex>
#include <string>

#include <sys/resource.h>
#include <tidewire/tidewire.hpp>

#include "../load/cpu.hpp"
#include "../load/histogram.hpp"

namespace {

constexpr char kExpected[] = R"({"hello":"world"})";

// One window of measured requests.
class Window {
public:
    Window(tidewire::Client& client, int in_flight, std::uint64_t duration_ns)
        : client_(client), in_flight_(in_flight), duration_ns_(duration_ns) {}

    // Runs the window and waits for its end; false when an answer was wrong.
    bool run() {
        const auto used = usage();
        const auto cpu_us = load::own_cpu_us();
        began_ns_ = load::now_ns();
        for (int i = 0; i < in_flight_; ++i) ask();
        std::unique_lock lock(mutex_);
        changed_.wait(lock, [this] { return ended_ == in_flight_; });
        elapsed_ns_ = load::now_ns() - began_ns_;
        cpu_us_ = load::own_cpu_us() - cpu_us;
        const auto used_now = usage();
        user_us_ = microseconds(used_now.ru_utime) - microseconds(used.ru_utime);
        system_us_ = microseconds(used_now.ru_stime) - microseconds(used.ru_stime);
        peak_rss_mib_ = static_cast<double>(used_now.ru_maxrss) / 1024;
        return !wrong_;
    }

    void print() const {
        const auto operations = static_cast<double>(latencies_.total());
        std::printf(
            "{\"in_flight\":%d,\"ops_per_s\":%.1f,\"cpu_us_per_op\":%.4f,\"user_us_per_op\":%.4f,"
            "\"system_us_per_op\":%.4f,\"p50_us\":%.1f,\"p99_us\":%.1f,\"rss_mib\":%.2f}",
            in_flight_, operations * 1e9 / static_cast<double>(elapsed_ns_),
            static_cast<double>(cpu_us_) / operations, user_us_ / operations,
            system_us_ / operations, static_cast<double>(latencies_.percentile(0.5)) / 1e3,
            static_cast<double>(latencies_.percentile(0.99)) / 1e3, peak_rss_mib_);
    }

private:
    static rusage usage() {
        rusage used{};
        getrusage(RUSAGE_SELF, &used);
        return used;
    }
    static double microseconds(const timeval& time) {
        return static_cast<double>(time.tv_sec) * 1e6 + static_cast<double>(time.tv_usec);
    }

    void ask() {
        const auto asked_ns = load::now_ns();
        client_.request("GET", "/hello")
            .then([this, asked_ns](tidewire::Result<tidewire::Response> answer) {
                settle(asked_ns, answer);
            });
    }

    void settle(std::uint64_t asked_ns, const tidewire::Result<tidewire::Response>& answer) {
        const auto now = load::now_ns();
        std::unique_lock lock(mutex_);
        latencies_.record(now - asked_ns, 1);
        if (!answer || answer.value().body != kExpected) wrong_ = true;
        if (!wrong_ && now - began_ns_ < duration_ns_) {
            lock.unlock();
            ask();
            return;
        }
        ++ended_;
        changed_.notify_one();
    }

    tidewire::Client& client_;
    const int in_flight_;
    const std::uint64_t duration_ns_;
    std::uint64_t began_ns_ = 0;
    std::uint64_t elapsed_ns_ = 0;
    std::uint64_t cpu_us_ = 0;
    double user_us_ = 0;
    double system_us_ = 0;
    double peak_rss_mib_ = 0;
    std::mutex mutex_;  // guards what follows
    std::condition_variable changed_;
    load::Histogram latencies_;
    int ended_ = 0;
    bool wrong_ = false;
};

}  // namespace

int main(int count, char** words) {
    if (count != 4) {
        std::fputs("usage: bench_client PORT WARMUP_MS WINDOW_MS\n", stderr);
        return 2;
    }
    auto connected = tidewire::connect(std::string("http://127.0.0.1:") + words[1]);
    if (!connected) {
        std::fprintf(stderr, "bench_client: %s\n", connected.error().what());
        return 1;
    }
    auto& client = connected.value();
    const auto warmup_ns = std::strtoull(words[2], nullptr, 10) * 1'000'000;
    const auto window_ns = std::strtoull(words[3], nullptr, 10) * 1'000'000;
    const char* between = "[";
    for (const int in_flight : {1, 64}) {
        Window warmup(client, in_flight, warmup_ns);
        Window window(client, in_flight, window_ns);
        if (!warmup.run() || !window.run()) {
            std::fputs("bench_client: an answer that is not the expected one\n", stderr);
            return 1;
        }
        std::fputs(between, stdout);
        window.print();
        between = ",";
    }
    std::puts("]");
    return 0;
}
