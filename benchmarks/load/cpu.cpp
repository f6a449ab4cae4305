#include "cpu.hpp"

#include <cstdio>
#include <fstream>
#include <sstream>
#include <string>

#include <unistd.h>
#include <ctime>

namespace load {

namespace {

std::uint64_t nanoseconds(const timespec& time) {
    return static_cast<std::uint64_t>(time.tv_sec) * 1'000'000'000U +
           static_cast<std::uint64_t>(time.tv_nsec);
}

// Adds fields 14 and 15 of /proc/<pid>/stat; the command's name may hold spaces and brackets, so
// the fields are counted from its last closing bracket.
bool add_stat(pid_t process, Cpu& sum) {
    std::ifstream file("/proc/" + std::to_string(process) + "/stat");
    std::string text;
    if (!std::getline(file, text)) return false;
    const auto name_end = text.rfind(')');
    if (name_end == std::string::npos) return false;
    std::istringstream fields(text.substr(name_end + 1));
    std::string skipped;
    for (int field = 3; field < 14; ++field) fields >> skipped;
    std::uint64_t user_ticks = 0;
    std::uint64_t system_ticks = 0;
    if (!(fields >> user_ticks >> system_ticks)) return false;
    const auto us_per_tick = 1'000'000U / static_cast<std::uint64_t>(sysconf(_SC_CLK_TCK));
    sum.user_us += user_ticks * us_per_tick;
    sum.system_us += system_ticks * us_per_tick;
    return true;
}

}  // namespace

std::optional<Cpu> cpu_of(const std::vector<pid_t>& processes) {
    Cpu sum;
    for (const pid_t process : processes) {
        clockid_t clock{};
        timespec used{};
        if (clock_getcpuclockid(process, &clock) != 0 || clock_gettime(clock, &used) != 0)
            return {};
        sum.total_us += nanoseconds(used) / 1000;
        if (!add_stat(process, sum)) return {};
    }
    return sum;
}

std::uint64_t own_cpu_us() {
    timespec used{};
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &used);
    return nanoseconds(used) / 1000;
}

std::uint64_t now_ns() {
    timespec now{};
    clock_gettime(CLOCK_MONOTONIC, &now);
    return nanoseconds(now);
}

}  // namespace load
