// Any bytes: the decoder of streamed items says the same at any cut, within its limits.

#include <cstdint>
#include <memory>
#include <string_view>

#include "cpp/fuzz/fuzz.hpp"
#include "patterns/request_response/items.hpp"
#include "support/decoder_check.hpp"

namespace request_response = tidewire::patterns::request_response;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    using Decoder = request_response::ItemDecoder;
    using tidewire::test::Said;
    const auto make = [] {
        return std::make_unique<Decoder>(request_response::ItemLimits{64, 4},
                                         tidewire::ErrorCode::invalid_argument,
                                         tidewire::ErrorCode::invalid_argument);
    };
    const auto render = [](Decoder&, const Decoder::Event& event) -> Said {
        if (const auto* item = std::get_if<request_response::ItemEvent>(&event)) {
            return {"item " + item->json, false};
        }
        if (const auto* failed = std::get_if<request_response::ItemsFailedEvent>(&event)) {
            return {"failed " + std::string(failed->error.message()), false};
        }
        return {"end", false};
    };
    tidewire::test::check_decoder(tidewire::fuzz::text_of(data, size), make, render,
                                  tidewire::fuzz::few_cuts(size));
    return 0;
}
