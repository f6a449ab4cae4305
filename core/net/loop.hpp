// NetLoop: base::Loop over libuv. One thread constructs it, runs it and destroys it, or destroys it
// after that thread has ended.
//
// A turn: epoll, callbacks of sockets and of the inbox, then all TurnEnd work (in uv_check, and in
// uv_prepare for what timers asked for), so that everything one turn produced for a socket leaves
// in one system call.
#pragma once

#include <uv.h>

#include <array>
#include <atomic>
#include <memory>
#include <vector>

#include "base/runtime.hpp"
#include "net/uv_handle.hpp"

namespace tidewire::net {

class NetInbox;

class NetLoop final : public base::Loop {
public:
    NetLoop();
    ~NetLoop() override;
    NetLoop(const NetLoop&) = delete;
    NetLoop& operator=(const NetLoop&) = delete;

    // Runs until stop() is called on this thread. Afterwards the inbox refuses.
    void run();
    void stop() noexcept;

    [[nodiscard]] base::TimePoint now() const noexcept override;
    [[nodiscard]] std::int64_t unix_seconds() const noexcept override;
    base::Timers& timers() noexcept override { return timers_; }
    const std::shared_ptr<base::Inbox>& inbox() noexcept override { return inbox_face_; }
    void at_turn_end(base::TurnEnd& work) override { turn_ends_.push_back(&work); }
    void forget_turn_end(base::TurnEnd& work) noexcept override;
    [[nodiscard]] Result<std::unique_ptr<base::Acceptor>> listen(
        const base::ListenOptions& options, base::AcceptEvents& events) override;
    [[nodiscard]] std::unique_ptr<base::Dialing> dial(
        const std::string& host, std::uint16_t port, std::chrono::milliseconds timeout,
        Function<void(Result<std::unique_ptr<base::ByteStream>>)> done) override;

    [[nodiscard]] uv_loop_t* uv() noexcept { return uv_; }
    // Room for one read, shared by all sockets of the loop: what is read is consumed at once.
    [[nodiscard]] std::array<char, 65'536>& read_buffer() noexcept { return *read_buffer_; }

private:
    void finish_turn();
    void set_alarm();

    std::unique_ptr<std::byte[]> memory_;
    uv_loop_t* uv_;
    std::unique_ptr<std::array<char, 65'536>> read_buffer_;
    base::Timers timers_;
    UvHandle<uv_timer_t> alarm_;
    UvHandle<uv_prepare_t> prepare_;
    UvHandle<uv_check_t> check_;
    std::optional<base::TimePoint> alarm_at_;
    std::vector<base::TurnEnd*> turn_ends_;
    std::vector<base::TurnEnd*> ending_;
    std::shared_ptr<NetInbox> inbox_;
    std::shared_ptr<base::Inbox> inbox_face_;
};

}  // namespace tidewire::net
