#include "api/process_figures.hpp"

#include <sys/resource.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <sstream>
#include <string>

namespace tidewire::api {
namespace {

// The fields of /proc/self/stat after the name, which may have blanks and parentheses. The first
// is number 3 of proc(5).
std::istringstream stat_fields() {
    std::ifstream file("/proc/self/stat");
    std::string line;
    std::getline(file, line);
    const auto name_end = line.rfind(')');
    return std::istringstream(name_end == std::string::npos ? "" : line.substr(name_end + 1));
}

double boot_time_seconds() {
    std::ifstream file("/proc/stat");
    std::string word;
    double value = 0;
    while (file >> word) {
        if (word == "btime") file >> value;
    }
    return value;
}

}  // namespace

ProcessFigures process_figures() {
    ProcessFigures figures;
    const auto ticks = static_cast<double>(::sysconf(_SC_CLK_TCK));
    auto fields = stat_fields();
    std::string field;
    for (int number = 3; fields >> field; ++number) {
        if (number == 14 || number == 15) figures.cpu_seconds += std::stod(field) / ticks;
        if (number == 22) {
            figures.start_time_seconds = boot_time_seconds() + std::stod(field) / ticks;
        }
        if (number == 24) {
            figures.resident_bytes = std::stoull(field) *
                                     static_cast<std::uint64_t>(::sysconf(_SC_PAGESIZE));
        }
    }
    std::error_code error;
    const std::filesystem::directory_iterator files("/proc/self/fd", error);
    if (!error) {
        figures.open_files =
            static_cast<std::uint64_t>(std::distance(begin(files), end(files)));
    }
    rlimit limit{};
    if (::getrlimit(RLIMIT_NOFILE, &limit) == 0) figures.files_max = limit.rlim_cur;
    return figures;
}

}  // namespace tidewire::api
