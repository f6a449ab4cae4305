// Any bytes as a compressed body: never more than the limits, the same at every cut, and what is
// compressed here comes back. The first byte chooses the coding.

#include <algorithm>
#include <cstdint>
#include <string>
#include <string_view>

#include "codec/deflate.hpp"
#include "cpp/fuzz/fuzz.hpp"

namespace {

using namespace tidewire;
using codec::ContentCoding;

constexpr codec::InflateLimits kLimits{3 << 20, 50};

struct Outcome {
    std::string out;
    bool sound = false;
    ErrorCode code = ErrorCode::internal;
};

Outcome inflated_by(std::size_t step, ContentCoding coding, std::string_view body) {
    codec::Inflater inflater(coding, kLimits);
    Outcome outcome;
    Result<void> done;
    for (std::size_t at = 0; at < body.size() && done; at += step) {
        done = inflater.write(outcome.out, body.substr(at, step));
    }
    if (done) done = inflater.finish();
    outcome.sound = done.has_value();
    if (!done) outcome.code = done.error().code();
    return outcome;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    using tidewire::fuzz::require;
    if (size == 0) return 0;
    const auto coding = data[0] % 2 == 0 ? ContentCoding::gzip : ContentCoding::deflate;
    const std::string_view body = tidewire::fuzz::text_of(data + 1, size - 1);

    const Outcome whole = inflated_by(std::max<std::size_t>(body.size(), 1), coding, body);
    require(whole.out.size() <= kLimits.bytes_max + 1, "no more than the limit comes out");
    require(whole.sound || whole.code == ErrorCode::invalid_data ||
                whole.code == ErrorCode::payload_too_large,
            "an error is one of two");
    const Outcome cut = inflated_by(1 + data[0] % 7, coding, body);
    // When a ratio is passed hangs on how much the decoder has looked ahead.
    const bool bounded = whole.code == ErrorCode::payload_too_large ||
                         cut.code == ErrorCode::payload_too_large;
    require(cut.sound == whole.sound || bounded, "cuts change nothing");
    if (whole.sound && cut.sound) require(cut.out == whole.out, "nor what comes out");

    std::string coded;
    codec::Compressor compressor(coding, 1 + data[0] % 9);
    compressor.write(coded, body.substr(0, body.size() / 2));
    compressor.finish(coded, body.substr(body.size() / 2));
    const auto again = codec::inflate(coding, coded, {size, 1U << 20U});
    require(again && *again == body, "what is compressed comes back");
    return 0;
}
