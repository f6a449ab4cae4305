// Any bytes: the response parser says the same at any cut, also for answers to HEAD.

#include <cstdint>
#include <string>
#include <string_view>

#include "cpp/fuzz/fuzz.hpp"
#include "support/http1_transcript.hpp"

namespace http1 = tidewire::codec::http1;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string_view bytes = tidewire::fuzz::text_of(data, size);
    http1::ParserLimits limits;
    limits.header_bytes_max = 256;
    limits.header_fields_max = 8;
    limits.body_bytes_max = 64;
    const bool to_head = !bytes.empty() && bytes.front() == '\n';
    const std::string_view text = bytes.substr(to_head ? 1 : 0);
    tidewire::test::check_response(text, limits, to_head, tidewire::fuzz::few_cuts(size));
    // Again and again, since a head that repeats takes another way.
    const std::string thrice = std::string(text) + std::string(text) + std::string(text);
    tidewire::test::check_response(thrice, limits, to_head,
                                   tidewire::fuzz::few_cuts(thrice.size()));
    return 0;
}
