// What processes have used of the processor, read at the two edges of the measured window.
//
// Contract: the sum over the given processes, all threads of each; a process that has gone is an
// empty answer. `total_us` comes from the process's CPU clock (clock_getcpuclockid(3)), which is
// the sum of utime and stime of /proc/<pid>/stat without their 10 ms steps; `user_us` and
// `system_us` come from /proc/<pid>/stat and carry that step.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include <sys/types.h>

namespace load {

struct Cpu {
    std::uint64_t total_us = 0;
    std::uint64_t user_us = 0;
    std::uint64_t system_us = 0;
};

std::optional<Cpu> cpu_of(const std::vector<pid_t>& processes);

// Microseconds of processor time that this process has used.
std::uint64_t own_cpu_us();

// Nanoseconds of the monotonic clock.
std::uint64_t now_ns();

}  // namespace load
