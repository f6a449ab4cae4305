#include "base/assert.hpp"

#include <cstdio>
#include <cstdlib>

namespace tidewire::base {

void assertion_failed(const char* what, const char* file, int line) noexcept {
    std::fprintf(stderr, "tidewire: assertion failed: %s (%s:%d)\n", what, file, line);
    std::abort();
}

}  // namespace tidewire::base
