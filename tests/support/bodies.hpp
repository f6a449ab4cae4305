// What tests of streamed bodies share.
#pragma once

#include <string>

#include "base/waiter.hpp"
#include "http/body.hpp"

namespace tidewire::testing {

struct CountingBell final : base::Waiter {
    void ring() override { ++rung; }
    int rung = 0;
};

// Everything that the source has now, and what came after it; throws when the body has failed.
inline std::string drain(http::Source& source, http::Piece::Kind& last) {
    std::string all;
    while (true) {
        auto piece = source.read().value();
        last = piece.kind;
        if (last != http::Piece::Kind::bytes) return all;
        all += piece.bytes;
    }
}

}  // namespace tidewire::testing
