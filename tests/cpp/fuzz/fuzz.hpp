// What the fuzz targets share. A broken invariant ends the process, which libFuzzer reports with
// the input that did it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <string_view>

#include "support/decoder_check.hpp"

namespace tidewire::fuzz {

inline std::string_view text_of(const std::uint8_t* data, std::size_t size) {
    return {reinterpret_cast<const char*>(data), size};
}

// Many inputs at a few cuts find more than few inputs at all cuts.
inline test::Cuts few_cuts(std::size_t size) {
    return {.in_two_max = 4, .random = 2, .seed = static_cast<std::uint32_t>(size)};
}

inline void require(bool holds, const char* what) {
    if (holds) return;
    std::fprintf(stderr, "broken: %s\n", what);
    std::abort();
}

}  // namespace tidewire::fuzz
