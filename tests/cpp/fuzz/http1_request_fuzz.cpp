// Any bytes: the request parser says the same at any cut, and never more than its limits allow.

#include <cstdint>
#include <string>
#include <string_view>

#include "cpp/fuzz/fuzz.hpp"
#include "support/http1_transcript.hpp"

namespace http1 = tidewire::codec::http1;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string_view bytes = tidewire::fuzz::text_of(data, size);
    http1::ParserLimits limits;
    limits.request_line_bytes_max = 64;
    limits.header_bytes_max = 256;
    limits.header_fields_max = 8;
    limits.body_bytes_max = 64;
    tidewire::test::check_request(bytes, limits, tidewire::fuzz::few_cuts(size));
    // Again and again, since a head that repeats takes another way.
    const std::string thrice = std::string(bytes) + std::string(bytes) + std::string(bytes);
    tidewire::test::check_request(thrice, limits, tidewire::fuzz::few_cuts(thrice.size()));
    return 0;
}
