#include "net/loop.hpp"

#include <algorithm>
#include <cstdlib>
#include <ctime>

#include "base/loop_thread.hpp"
#include "net/dialer.hpp"
#include "net/inbox.hpp"
#include "net/listener.hpp"

namespace tidewire::net {

NetLoop::NetLoop()
    : memory_(std::make_unique<std::byte[]>(uv_loop_size())),
      uv_(reinterpret_cast<uv_loop_t*>(memory_.get())),
      read_buffer_(std::make_unique<std::array<char, 65'536>>()) {
    // Out of file descriptors or memory at this point leaves nothing to serve with; uv_loop_init
    // fails only then.
    if (uv_loop_init(uv_) != 0) std::abort();
    alarm_ = make_uv_handle<uv_timer_t>(UV_TIMER, this, [this](uv_timer_t* handle) {
        return uv_timer_init(uv_, handle);
    });
    prepare_ = make_uv_handle<uv_prepare_t>(UV_PREPARE, this, [this](uv_prepare_t* handle) {
        return uv_prepare_init(uv_, handle);
    });
    check_ = make_uv_handle<uv_check_t>(UV_CHECK, this, [this](uv_check_t* handle) {
        return uv_check_init(uv_, handle);
    });
    uv_prepare_start(prepare_.get(), [](uv_prepare_t* handle) {
        auto& loop = *static_cast<NetLoop*>(handle->data);
        loop.finish_turn();
        loop.set_alarm();
    });
    uv_check_start(check_.get(), [](uv_check_t* handle) {
        static_cast<NetLoop*>(handle->data)->finish_turn();
    });
    inbox_ = std::make_shared<NetInbox>(uv_);
    inbox_face_ = inbox_;
}

NetLoop::~NetLoop() {
    inbox_->close();
    alarm_.reset();
    prepare_.reset();
    check_.reset();
    // Lets close callbacks and name look-ups that were given up run to their end.
    uv_run(uv_, UV_RUN_DEFAULT);
    uv_loop_close(uv_);
}

void NetLoop::run() {
    const base::LoopThreadMark mark;
    inbox_->adopt_thread();
    uv_update_time(uv_);
    uv_run(uv_, UV_RUN_DEFAULT);
    inbox_->close();
}

void NetLoop::stop() noexcept { uv_stop(uv_); }

base::TimePoint NetLoop::now() const noexcept {
    return base::TimePoint(std::chrono::milliseconds(uv_now(uv_)));
}

std::int64_t NetLoop::unix_seconds() const noexcept {
    return static_cast<std::int64_t>(std::time(nullptr));
}

void NetLoop::forget_turn_end(base::TurnEnd& work) noexcept {
    std::replace(turn_ends_.begin(), turn_ends_.end(), &work, static_cast<base::TurnEnd*>(nullptr));
    std::replace(ending_.begin(), ending_.end(), &work, static_cast<base::TurnEnd*>(nullptr));
}

void NetLoop::finish_turn() {
    // Work may ask for more work of the same turn.
    while (!turn_ends_.empty()) {
        ending_.swap(turn_ends_);
        for (std::size_t i = 0; i < ending_.size(); ++i) {
            if (ending_[i] != nullptr) ending_[i]->turn_ended();
        }
        ending_.clear();
    }
}

void NetLoop::set_alarm() {
    const auto next = timers_.next();
    // An alarm that comes too early costs one empty turn; moving it at every change would cost a
    // heap operation of libuv's per request.
    if (!next || (alarm_at_ && *alarm_at_ <= *next)) return;
    alarm_at_ = *next;
    const auto wait = std::chrono::ceil<std::chrono::milliseconds>(*next - now());
    uv_timer_start(
        alarm_.get(),
        [](uv_timer_t* handle) {
            auto& loop = *static_cast<NetLoop*>(handle->data);
            loop.alarm_at_.reset();
            loop.timers_.fire(loop.now());
        },
        static_cast<std::uint64_t>(std::max<std::int64_t>(0, wait.count())), 0);
}

Result<std::unique_ptr<base::Acceptor>> NetLoop::listen(const base::ListenOptions& options,
                                                        base::AcceptEvents& events) {
    return Listener::open(*this, options, events);
}

std::unique_ptr<base::Dialing> NetLoop::dial(
    const std::string& host, std::uint16_t port, std::chrono::milliseconds timeout,
    Function<void(Result<std::unique_ptr<base::ByteStream>>)> done) {
    return std::make_unique<Dialer>(*this, host, port, timeout, std::move(done));
}

}  // namespace tidewire::net
