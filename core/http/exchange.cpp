#include "http/exchange.hpp"

#include <utility>

namespace tidewire::http {
namespace {

std::int64_t steady_ms(base::TimePoint time) noexcept {
    return std::chrono::duration_cast<std::chrono::milliseconds>(time.time_since_epoch()).count();
}

}  // namespace

Exchange::Exchange(base::Loop& loop) : loop_(loop), inbox_(loop.inbox()) {}
Exchange::~Exchange() = default;

std::string_view Exchange::content_type() const noexcept {
    return head.headers.get("content-type").value_or(std::string_view{});
}

bool Exchange::respond(Response&& response) {
    State expected = State::open;
    if (!state_.compare_exchange_strong(expected, State::answered, std::memory_order_acq_rel)) {
        return false;
    }
    if (inbox_->is_current()) {
        arrived(std::move(response));
        return true;
    }
    response_ = std::move(response);
    // A loop that has ended took its connections with it: there is nobody to tell.
    return inbox_->post([self = base::Ref<Exchange>(this)] { self->deliver_now(); });
}

void Exchange::deliver_now() { arrived(std::move(response_)); }

void Exchange::arrived(Response&& response) {
    on_cancel_.reset();
    if (interceptors_.empty()) {
        deadline_.disarm();
        deliver(std::move(response));
        return;
    }
    // While the answer was on its way, neither abandon() nor the deadline could take the exchange.
    if (gone_) {
        state_.store(State::abandoned, std::memory_order_release);
        return;
    }
    state_.store(State::open, std::memory_order_release);
    const auto left = time_left();
    if (left && left->count() <= 0) {
        deadline_.disarm();
        deadline_passed();
        return;
    }
    const base::Ref<Exchange> keep(this);
    Response taken = std::move(response);  // which may be the member that respond() fills
    Interceptor next = std::move(interceptors_.back());
    interceptors_.pop_back();
    next(std::move(taken));
}

std::stop_token Exchange::stop_token() {
    std::lock_guard lock(stop_mutex_);
    if (!stop_source_) {
        stop_source_.emplace();
        if (cancelled()) stop_source_->request_stop();
    }
    return stop_source_->get_token();
}

void Exchange::start_deadline(std::chrono::milliseconds limit) {
    const auto at = loop_.now() + limit;
    deadline_at_ms_.store(steady_ms(at), std::memory_order_relaxed);
    deadline_.arm(loop_.timers(), at);
}

std::optional<std::chrono::milliseconds> Exchange::time_left() const noexcept {
    const auto at = deadline_at_ms_.load(std::memory_order_relaxed);
    if (at == 0) return std::nullopt;
    const auto left = at - steady_ms(std::chrono::steady_clock::now());
    return std::chrono::milliseconds(left > 0 ? left : 0);
}

void Exchange::deadline_passed() {
    const base::Ref<Exchange> keep(this);
    State expected = State::open;
    if (!state_.compare_exchange_strong(expected, State::answered, std::memory_order_acq_rel)) {
        return;
    }
    cancel();
    deliver(Response::problem(Error(ErrorCode::timeout)));
}

void Exchange::abandon() {
    const base::Ref<Exchange> keep(this);
    deadline_.disarm();
    gone_ = true;
    State expected = State::open;
    if (state_.compare_exchange_strong(expected, State::abandoned, std::memory_order_acq_rel)) {
        cancel();
    }
}

void Exchange::cancel() {
    std::optional<std::stop_source> source;
    {
        std::lock_guard lock(stop_mutex_);
        cancelled_.store(true, std::memory_order_release);
        source = stop_source_;
    }
    // Outside the lock: stop callbacks may ask for the token.
    if (source) source->request_stop();
    auto hook = std::move(on_cancel_);
    on_cancel_.reset();
    if (hook) hook();
}

void Exchange::reset() {
    head.clear();
    body.clear();
    params.clear();
    json_has_unsafe_integer = false;
    shaper = nullptr;
    principal.reset();
    operation = {};
    interceptors_.clear();
    gone_ = false;
    deadline_.disarm();
    deadline_at_ms_.store(0, std::memory_order_relaxed);
    on_cancel_.reset();
    stop_source_.reset();
    cancelled_.store(false, std::memory_order_relaxed);
    state_.store(State::open, std::memory_order_release);
}

}  // namespace tidewire::http
