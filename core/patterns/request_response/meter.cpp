#include "patterns/request_response/meter.hpp"

#include <algorithm>
#include <chrono>

namespace tidewire::patterns::request_response {
namespace {

constexpr std::array<std::int64_t, Meter::kBounds.size()> kBoundsNs = [] {
    std::array<std::int64_t, Meter::kBounds.size()> bounds{};
    for (std::size_t i = 0; i < bounds.size(); ++i) {
        bounds[i] = static_cast<std::int64_t>(Meter::kBounds[i] * 1e9);
    }
    return bounds;
}();

}  // namespace

void Meter::answered(const http::Exchange& exchange, int status) noexcept {
    Operation& operation = operations_[exchange.operation_number];
    const auto answer_class = static_cast<std::size_t>(std::clamp(status / 100, 1, 5) - 1);
    operation.answers[answer_class].add(1);
    const auto took = exchange.loop().now() - exchange.began;
    const auto ns = std::chrono::duration_cast<std::chrono::nanoseconds>(took).count();
    std::size_t bucket = 0;
    while (bucket < kBoundsNs.size() && ns > kBoundsNs[bucket]) ++bucket;
    operation.buckets[bucket].add(1);
    operation.nanoseconds.add(ns);
}

}  // namespace tidewire::patterns::request_response
