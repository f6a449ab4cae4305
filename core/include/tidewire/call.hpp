// Call<T>: the result of an operation that is under way. It settles exactly once.
//
// Copies share it. Dropping every copy does not cancel it.
#pragma once

#include <condition_variable>
#include <memory>
#include <mutex>
#include <optional>
#include <utility>

#include <tidewire/executor.hpp>
#include <tidewire/function.hpp>
#include <tidewire/result.hpp>

namespace tidewire {

template <class T>
class Call {
public:
    // The writer's side. Settling twice keeps the first result.
    class State {
    public:
        void settle(Result<T> result) {
            Function<void(Result<T>)> then;
            {
                std::lock_guard lock(mutex_);
                if (settled_) return;
                settled_ = true;
                cancel_.reset();
                if (then_) {
                    then = std::move(then_);
                } else {
                    result_.emplace(std::move(result));
                }
            }
            if (then) {
                then(std::move(result));
            } else {
                changed_.notify_all();
            }
        }
        // What cancel() asks for; it must end in settle().
        void on_cancel(Function<void()> cancel) {
            std::lock_guard lock(mutex_);
            if (!settled_) cancel_ = std::move(cancel);
        }

    private:
        friend class Call;
        std::mutex mutex_;
        std::condition_variable changed_;
        bool settled_ = false;
        std::optional<Result<T>> result_;
        Function<void(Result<T>)> then_;
        Function<void()> cancel_;
    };

    explicit Call(std::shared_ptr<State> state) noexcept : state_(std::move(state)) {}

    // Blocks until it settles and takes the result; a second wait() gives misuse. On a loop thread
    // it gives misuse at once, since waiting there would stop the loop that must settle it.
    [[nodiscard]] Result<T> wait() {
        if (on_loop_thread()) return Error(ErrorCode::misuse, "wait() on a loop thread");
        std::unique_lock lock(state_->mutex_);
        if (taken(lock)) return Error(ErrorCode::misuse, "the result was taken already");
        state_->changed_.wait(lock, [this] { return state_->result_.has_value(); });
        Result<T> result = std::move(*state_->result_);
        state_->result_.reset();
        return result;
    }

    // Calls `next(Result<T>)` once, on the loop thread that settles it, or here and now when it has
    // settled. Instead of wait(), not beside it.
    void then(Function<void(Result<T>)> next) {
        std::unique_lock lock(state_->mutex_);
        if (!state_->settled_) {
            state_->then_ = std::move(next);
            return;
        }
        if (!state_->result_) return;
        Result<T> result = std::move(*state_->result_);
        state_->result_.reset();
        lock.unlock();
        next(std::move(result));
    }
    // The same on `executor`, which must live until then. An executor that has ended drops it.
    void then(Executor& executor, Function<void(Result<T>)> next) {
        then([&executor, next = std::move(next)](Result<T> result) mutable {
            (void)executor.post(
                [next = std::move(next), result = std::move(result)]() mutable {
                    next(std::move(result));
                });
        });
    }

    // Gives up: it settles with `cancelled`, and the peer is told. Nothing happens when it has
    // settled.
    void cancel() {
        Function<void()> cancel;
        {
            std::lock_guard lock(state_->mutex_);
            cancel = std::move(state_->cancel_);
            state_->cancel_.reset();
        }
        if (cancel) cancel();
    }

private:
    // Settled, and its result went to then() or to another wait().
    bool taken(const std::unique_lock<std::mutex>&) const {
        return (state_->settled_ && !state_->result_) || state_->then_;
    }

    std::shared_ptr<State> state_;
};

}  // namespace tidewire
