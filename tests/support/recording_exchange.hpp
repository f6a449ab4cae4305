// RecordingExchange: the test double of http/exchange.hpp. A request written by the test, and the
// answer kept for it.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "http/exchange.hpp"

namespace tidewire::testing {

class RecordingExchange final : public http::Exchange {
public:
    RecordingExchange(base::Loop& loop, std::string_view method, std::string_view target,
                      std::string_view content = {})
        : Exchange(loop) {
        head.method = method;
        head.target = target;
        body = content;
        peer = "test:1";
    }
    std::optional<Response> answer;

private:
    void deliver(Response&& response) override {
        answer = std::move(response);
        if (shaper != nullptr) shaper->shape(*this, *answer);
    }
};

}  // namespace tidewire::testing
