// The Sink of a streamed request. What is written before there is a connection waits here.
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "http/body.hpp"
#include "http/pool.hpp"

namespace tidewire::http {

class Operation::RequestBody final : public Sink {
public:
    RequestBody(Operation& operation, const std::shared_ptr<base::Inbox>& inbox)
        : operation_(operation), drained_(operation, inbox) {}

    Flow write(std::string_view bytes) override;
    void when_drained(base::Waiter& waiter) override;
    void end() override;
    void abort(const Error& error) override;

    // The operation has settled.
    void close();
    void drained();
    [[nodiscard]] bool ended() const noexcept { return ended_; }
    // Framed as chunks.
    [[nodiscard]] std::string take_pending();

private:
    Flow send();

    Operation& operation_;
    LateBell drained_;
    std::string pending_;
    bool over_ = false;
    bool ended_ = false;
};

}  // namespace tidewire::http
