// Meter: what became of the requests of one loop, by operation: how many answers of which class,
// and how long they took. Written on its loop only, without a lock; read from any thread.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "base/counter.hpp"
#include "http/exchange.hpp"

namespace tidewire::patterns::request_response {

class Meter final : public http::AnswerMeter {
public:
    // Upper bounds of the buckets of durations, in seconds; a last one has what is above.
    static constexpr std::array<double, 11> kBounds{0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025,
                                                    0.1,    0.25,  1.0,    5.0,   30.0};
    struct Operation {
        std::array<base::Counter, 5> answers;  // 1xx to 5xx
        std::array<base::Counter, kBounds.size() + 1> buckets;
        base::Counter nanoseconds;
    };

    // Numbers of operations are those of exchanges: below `operations`.
    explicit Meter(std::size_t operations) : operations_(operations) {}

    void answered(const http::Exchange& exchange, int status) noexcept override;
    [[nodiscard]] const std::vector<Operation>& operations() const noexcept { return operations_; }

private:
    std::vector<Operation> operations_;
};

}  // namespace tidewire::patterns::request_response
