#include "patterns/request_response/item_sink.hpp"

#include <utility>

namespace tidewire::patterns::request_response {
namespace {

// What may wait for the loop before the writer is asked to wait.
constexpr std::size_t kPendingBytesMax = 65'536;

}  // namespace

ItemSink::Flow ItemSink::send(std::string_view json) {
    std::lock_guard lock(mutex_);
    if (closed_ || ended_) return Flow::closed;
    write_item(pending_, framing_, json);
    if (pending_.size() > kPendingBytesMax) full_ = true;
    post_flush();
    return flow_now();
}

ItemSink::Flow ItemSink::flow() {
    std::lock_guard lock(mutex_);
    return flow_now();
}

ItemSink::Flow ItemSink::flow_now() const noexcept {
    if (closed_ || ended_) return Flow::closed;
    return full_ ? Flow::full : Flow::flowing;
}

void ItemSink::when_drained(Function<void()> ring) {
    {
        std::lock_guard lock(mutex_);
        if (full_ && !closed_ && !ended_) {
            ring_ = std::move(ring);
            return;
        }
    }
    ring();
}

void ItemSink::end() {
    std::lock_guard lock(mutex_);
    if (std::exchange(ended_, true)) return;
    post_flush();
}

void ItemSink::fail(const Error& error) {
    std::lock_guard lock(mutex_);
    if (std::exchange(ended_, true)) return;
    failure_ = error;
    post_flush();
}

void ItemSink::post_flush() {
    if (std::exchange(posted_, true)) return;
    if (inbox_->post([self = shared_from_this()] { self->flush(); })) return;
    closed_ = true;  // the loop has ended, and with it whoever would read
    pending_ = {};
}

void ItemSink::flush() {
    std::string bytes;
    bool ended = false;
    std::optional<Error> failure;
    {
        std::lock_guard lock(mutex_);
        posted_ = false;
        bytes.swap(pending_);
        ended = ended_;
        failure = failure_;
    }
    if (over_) return;
    if (!begun_ && failure && bytes.empty()) {
        over_ = true;
        refuse(*failure);
        return;
    }
    write(bytes);
    if (!ended || over_) return;
    over_ = true;
    http::BodyWriter body = std::move(body_);
    if (failure) {
        break_off(body, *failure);
    } else {
        std::string last;
        write_end(last, framing_);
        body.write(last);
        body.end();
    }
    waiting_.reset();
}

void ItemSink::write(std::string_view bytes) {
    if (!std::exchange(begun_, true)) body_ = begin();
    const auto flow = bytes.empty() && body_ ? http::Flow::flowing : body_.write(bytes);
    note_flow(flow);
}

void ItemSink::note_flow(http::Flow flow) {
    if (flow == http::Flow::full) {
        {
            std::lock_guard lock(mutex_);
            full_ = true;
        }
        if (waiting_) return;
        waiting_ = shared_from_this();
        body_.when_drained(on_drained_);
        return;
    }
    Function<void()> ring;
    {
        std::lock_guard lock(mutex_);
        if (flow == http::Flow::closed) closed_ = true;
        full_ = pending_.size() > kPendingBytesMax;
        if (full_ && !closed_) return;
        ring = std::move(ring_);
    }
    if (flow == http::Flow::closed) {
        over_ = true;
        body_ = {};
    }
    if (ring) ring();
}

void ItemSink::drained() {
    const auto keep = std::move(waiting_);
    if (!over_) note_flow(body_.write({}));
}

void ItemSink::fail_now(const Error& error) {
    if (over_) return;
    fail(error);
    flush();
}

}  // namespace tidewire::patterns::request_response
