// What the operating system knows of this process (proc(5)).
#pragma once

#include <cstdint>

namespace tidewire::api {

struct ProcessFigures {
    double cpu_seconds = 0;          // of all its threads, user and system
    double start_time_seconds = 0;   // Unix time
    std::uint64_t resident_bytes = 0;
    std::uint64_t open_files = 0;
    std::uint64_t files_max = 0;
};

// Reads /proc; what is not there is 0.
[[nodiscard]] ProcessFigures process_figures();

}  // namespace tidewire::api
