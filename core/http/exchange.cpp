#include "http/exchange.hpp"

#include <utility>

#include "base/assert.hpp"

namespace tidewire::http {
namespace {

std::int64_t steady_ms(base::TimePoint time) noexcept {
    return std::chrono::duration_cast<std::chrono::milliseconds>(time.time_since_epoch()).count();
}

}  // namespace

// The Sink of a streamed answer.
class Exchange::StreamedBody final : public Sink {
public:
    explicit StreamedBody(Exchange& exchange)
        : exchange_(exchange), drained_(exchange, exchange.inbox_) {}

    Flow write(std::string_view bytes) override {
        return over_ ? Flow::closed : exchange_.deliver_piece(bytes);
    }
    void when_drained(base::Waiter& waiter) override {
        drained_.set(waiter);
        if (over_ || exchange_.deliver_piece({}) != Flow::full) drained_.ring();
    }
    void end() override {
        drained_.clear();
        if (!finish()) return;
        exchange_.deliver_end();
    }
    void abort(const Error& error) override {
        drained_.clear();
        break_off(error);
    }

    void break_off(const Error& error) {
        if (!finish()) return;
        drained_.ring();
        exchange_.deliver_break(error);
    }
    void close() {
        over_ = true;
        drained_.ring();
    }
    void drained() { drained_.ring(); }
    [[nodiscard]] bool awaited() const noexcept { return drained_.awaited(); }
    [[nodiscard]] bool over() const noexcept { return over_; }

    // False: it had ended before.
    bool finish() {
        if (std::exchange(over_, true)) return false;
        exchange_.deadline_.disarm();
        exchange_.on_cancel_.reset();
        exchange_.on_overdue_.reset();
        return true;
    }

private:
    Exchange& exchange_;
    LateBell drained_;
    bool over_ = false;
};

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
        if (source_) source_->fail(Error(ErrorCode::closed, "the request was answered"));
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

BodyWriter Exchange::stream(Response&& response) {
    TIDEWIRE_ASSERT(interceptors_.empty());
    State expected = State::open;
    if (!state_.compare_exchange_strong(expected, State::answered, std::memory_order_acq_rel)) {
        return {};
    }
    stream_ = std::make_unique<StreamedBody>(*this);
    response.body.clear();
    BodyWriter writer(*this, *stream_);
    if (!deliver_head(std::move(response))) stream_->finish();
    return writer;
}

void Exchange::inform(int status, const Headers& headers) {
    TIDEWIRE_ASSERT(status >= 100 && status < 200 && status != 101);
    if (!answered()) deliver_interim(status, headers);
}

Source& Exchange::source() {
    if (source_) return *source_;
    BodyBuffer& source = begin_source();
    if (!body.empty()) source.push(std::move(body));
    body.clear();
    source.finish();
    return source;
}

BodyBuffer& Exchange::begin_source() {
    source_ = std::make_unique<BodyBuffer>(*this, inbox_);
    return *source_;
}

void Exchange::drained() {
    if (stream_) stream_->drained();
}

bool Exchange::awaits_drain() const noexcept { return stream_ && stream_->awaited(); }

void Exchange::deadline_passed() {
    const base::Ref<Exchange> keep(this);
    if (stream_) {
        if (stream_->over()) return;
        // First its last words: a handler that is told it is cancelled may have others.
        auto told = std::move(on_cancel_);
        if (auto hook = std::move(on_overdue_)) hook();
        on_cancel_ = std::move(told);
        cancel();
        stream_->break_off(Error(ErrorCode::timeout));
        if (source_) source_->fail(Error(ErrorCode::timeout));
        return;
    }
    State expected = State::open;
    if (!state_.compare_exchange_strong(expected, State::answered, std::memory_order_acq_rel)) {
        return;
    }
    cancel();
    deliver(Response::problem(Error(ErrorCode::timeout)));
    if (source_) source_->fail(Error(ErrorCode::timeout));
}

void Exchange::abandon() {
    const base::Ref<Exchange> keep(this);
    deadline_.disarm();
    gone_ = true;
    if (source_) source_->fail(Error(ErrorCode::connection_lost, "the caller is gone"));
    if (stream_ && !stream_->over()) {
        stream_->close();
        cancel();
        return;
    }
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
    tagged = false;
    args_serializer = reply_serializer = Serializer::json;
    shaper = nullptr;
    principal.reset();
    operation = {};
    action = "call";
    meter = nullptr;
    operation_number = 0;
    interceptors_.clear();
    source_.reset();
    stream_.reset();
    gone_ = false;
    deadline_.disarm();
    deadline_at_ms_.store(0, std::memory_order_relaxed);
    on_cancel_.reset();
    on_overdue_.reset();
    stop_source_.reset();
    cancelled_.store(false, std::memory_order_relaxed);
    state_.store(State::open, std::memory_order_release);
}

}  // namespace tidewire::http
