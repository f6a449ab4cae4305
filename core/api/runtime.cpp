#include <tidewire/runtime.hpp>

#include <algorithm>
#include <csignal>
#include <future>
#include <utility>

#include "api/runtime_impl.hpp"

namespace tidewire {
namespace api {
namespace {

// Signals are the application's: Python and Node expect them on threads of their own.
class SignalsBlocked {
public:
    SignalsBlocked() {
        sigset_t all;
        sigfillset(&all);
        pthread_sigmask(SIG_SETMASK, &all, &before_);
    }
    ~SignalsBlocked() { pthread_sigmask(SIG_SETMASK, &before_, nullptr); }
    SignalsBlocked(const SignalsBlocked&) = delete;
    SignalsBlocked& operator=(const SignalsBlocked&) = delete;

private:
    sigset_t before_{};
};

}  // namespace

RuntimeImpl::RuntimeImpl(std::size_t loops) {
    const SignalsBlocked blocked;  // threads inherit it
    for (std::size_t i = 0; i < std::clamp<std::size_t>(loops, 1, 256); ++i) {
        loops_.push_back(std::make_unique<LoopThread>());
        loops_.back()->thread = std::thread([loop = loops_.back()->loop] { loop->run(); });
    }
}

RuntimeImpl::~RuntimeImpl() = default;

void RuntimeImpl::stop() {
    if (forked() || stopped_.exchange(true)) return;
    for (auto& each : loops_) {
        net::NetLoop* loop = each->loop.get();
        (void)loop->inbox()->post([loop] { loop->stop(); });
    }
    for (auto& each : loops_) {
        if (each->thread.get_id() != std::this_thread::get_id()) {
            each->thread.join();
            continue;
        }
        // A thread cannot wait for itself, and its loop is on the stack below us: both end on their
        // own once this call has returned.
        each->thread.detach();
    }
}

bool run_on(base::Loop& loop, const std::function<void()>& task) {
    if (loop.inbox()->is_current()) {
        task();
        return true;
    }
    // A task that is dropped breaks the promise, so nobody waits for a loop that has ended.
    auto ran = std::make_shared<std::promise<void>>();
    auto done = ran->get_future();
    if (!loop.inbox()->post([&task, ran = std::move(ran)] {
            task();
            ran->set_value();
        })) {
        return false;
    }
    try {
        done.get();
        return true;
    } catch (const std::future_error&) {
        return false;
    }
}

}  // namespace api

std::shared_ptr<Runtime> Runtime::create(std::size_t loops) {
    return std::shared_ptr<Runtime>(new Runtime(std::make_unique<api::RuntimeImpl>(loops)));
}

Runtime::Runtime(std::unique_ptr<api::RuntimeImpl> impl) : impl_(std::move(impl)) {}

Runtime::~Runtime() {
    // In a forked child the threads do not exist and their locks may be held for ever: leave all as
    // it is.
    if (impl_->forked()) {
        (void)impl_.release();
        return;
    }
    impl_->stop();
}

std::size_t Runtime::loops() const noexcept { return impl_->size(); }
bool Runtime::alive() const noexcept { return impl_->alive(); }
void Runtime::stop() { impl_->stop(); }

}  // namespace tidewire
