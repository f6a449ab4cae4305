#include "machine.hpp"

#include <unistd.h>

#include <array>
#include <cstdint>
#include <fstream>
#include <limits>
#include <string>

using tidewire::Value;
using tidewire::object;

namespace {

// The first line of /proc/stat counts ticks of all cores since the start of the machine.
Value cpu() {
    std::ifstream stat("/proc/stat");
    std::string label;
    stat >> label;
    std::array<std::int64_t, 8> ticks{};  // user nice system idle iowait irq softirq steal
    std::int64_t all = 0;
    for (auto& one : ticks) {
        stat >> one;
        all += one;
    }
    const std::int64_t idle = ticks[3] + ticks[4];
    double load = 0;
    std::ifstream("/proc/loadavg") >> load;
    const auto ticks_per_second = static_cast<double>(sysconf(_SC_CLK_TCK));
    return object({{"cores", sysconf(_SC_NPROCESSORS_ONLN)},
                   {"load", load},
                   {"busy_seconds", static_cast<double>(all - idle) / ticks_per_second},
                   {"idle_seconds", static_cast<double>(idle) / ticks_per_second}});
}

Value memory() {
    std::ifstream meminfo("/proc/meminfo");
    std::int64_t total = 0;
    std::int64_t available = 0;
    std::string label;
    std::int64_t kibibytes = 0;
    while (meminfo >> label >> kibibytes) {
        if (label == "MemTotal:") total = kibibytes * 1024;
        if (label == "MemAvailable:") available = kibibytes * 1024;
        meminfo.ignore(std::numeric_limits<std::streamsize>::max(), '\n');
    }
    return object({{"total_bytes", total}, {"available_bytes", available}});
}

// All interfaces but the loopback. A line is "eth0: " and sixteen counters; the first are the bytes
// received, the ninth the bytes sent.
Value network() {
    std::ifstream interfaces("/proc/net/dev");
    std::string line;
    std::getline(interfaces, line);
    std::getline(interfaces, line);  // two lines of headings
    std::int64_t received = 0;
    std::int64_t sent = 0;
    std::string name;
    while (std::getline(interfaces >> std::ws, name, ':')) {
        std::array<std::int64_t, 16> counters{};
        for (auto& one : counters) interfaces >> one;
        if (name == "lo") continue;
        received += counters[0];
        sent += counters[8];
    }
    return object({{"received_bytes", received}, {"sent_bytes", sent}});
}

}  // namespace

Value machine() {
    return object({{"server", object({{"language", "C++"}, {"pid", getpid()}})},
                   {"cpu", cpu()},
                   {"memory", memory()},
                   {"network", network()}});
}

tidewire::Result<Value> machine_part(std::string_view name) {
    if (name == "cpu") return cpu();
    if (name == "memory") return memory();
    if (name == "network") return network();
    return tidewire::Error(tidewire::ErrorCode::not_found,
                           "cpu, memory and network are served, not " + std::string(name));
}
