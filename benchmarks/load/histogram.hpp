// A latency histogram of fixed size: what the load generator needs to tell a median and a 99th
// percentile without keeping every sample.
//
// Contract: values are nanoseconds. A bucket is at most 1/32 of its value wide, so a percentile is
// exact to about 3 %. One thread; recording never allocates.
#pragma once

#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>

namespace load {

class Histogram {
public:
    void record(std::uint64_t nanoseconds, std::uint64_t times) {
        counts_[bucket_of(nanoseconds)] += times;
        total_ += times;
    }

    // The upper edge, in nanoseconds, of the bucket that holds the sample at `share` (0..1) of the
    // order; 0 when nothing was recorded.
    std::uint64_t percentile(double share) const {
        if (total_ == 0) return 0;
        const auto rank = static_cast<std::uint64_t>(share * static_cast<double>(total_ - 1)) + 1;
        std::uint64_t seen = 0;
        for (std::size_t i = 0; i < counts_.size(); ++i) {
            seen += counts_[i];
            if (seen >= rank) return upper_edge_of(i);
        }
        return upper_edge_of(counts_.size() - 1);
    }

    std::uint64_t total() const { return total_; }

private:
    static constexpr unsigned kSubBits = 5;  // 32 buckets for each power of two
    static constexpr std::uint64_t kSubBuckets = 1U << kSubBits;

    static std::size_t bucket_of(std::uint64_t value) {
        if (value < kSubBuckets) return static_cast<std::size_t>(value);
        const unsigned shift = static_cast<unsigned>(std::bit_width(value)) - 1 - kSubBits;
        return static_cast<std::size_t>((shift + 1) * kSubBuckets +
                                        ((value >> shift) - kSubBuckets));
    }

    static std::uint64_t upper_edge_of(std::size_t bucket) {
        if (bucket < kSubBuckets) return bucket;
        const auto shift = static_cast<unsigned>(bucket / kSubBuckets) - 1;
        const std::uint64_t base = kSubBuckets + bucket % kSubBuckets;
        return ((base + 1) << shift) - 1;
    }

    std::array<std::uint64_t, 64 * kSubBuckets> counts_{};
    std::uint64_t total_ = 0;
};

}  // namespace load
