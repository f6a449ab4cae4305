// RecordingExchange: the test double of http/exchange.hpp. A request written by the test, and the
// answer kept for it; of a streamed one the head, the pieces so far, and how it ended.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

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

    enum class Streamed { no, open, ended, broken };
    Streamed streamed = Streamed::no;
    std::optional<Error> broke;
    std::optional<int> informed;
    // Written bytes that are not taken; the sink is full above this.
    std::size_t room = SIZE_MAX;
    std::unique_ptr<codec::Compressor> coder;  // of a stream that is compressed
    // The reader takes what was written so far.
    std::string take() {
        auto taken = std::exchange(answer->body, {});
        drained();
        return taken;
    }

private:
    bool deliver_head(Response&& response) override {
        answer = std::move(response);
        coder = shaper != nullptr ? shaper->shape_head(*this, *answer) : nullptr;
        streamed = Streamed::open;
        return true;
    }
    http::Flow deliver_piece(std::string_view bytes) override {
        if (coder && !bytes.empty()) {
            coder->write(answer->body, bytes);
        } else {
            answer->body.append(bytes);
        }
        return answer->body.size() > room ? http::Flow::full : http::Flow::flowing;
    }
    void deliver_end() override {
        if (coder) coder->finish(answer->body);
        streamed = Streamed::ended;
    }
    void deliver_break(const Error& error) override {
        streamed = Streamed::broken;
        broke = error;
    }
    void deliver_interim(int status, const Headers&) override { informed = status; }
    void deliver(Response&& response) override {
        answer = std::move(response);
        if (shaper != nullptr) shaper->shape(*this, *answer);
    }
};

}  // namespace tidewire::testing
