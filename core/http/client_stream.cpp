// The streamed bodies of a client: requests that are written piece by piece, responses that are
// read so.
#include <utility>

#include "base/assert.hpp"
#include "codec/http1/writer.hpp"
#include "http/client_connection.hpp"
#include "http/request_body.hpp"

namespace tidewire::http {

Operation::Operation() = default;
Operation::~Operation() = default;

BodyWriter Operation::stream_request(base::Loop& loop) {
    TIDEWIRE_ASSERT(!request_body_ && pool_ == nullptr);
    request_body_ = std::make_unique<RequestBody>(*this, loop.inbox());
    return {*this, *request_body_};
}

bool Operation::request_whole() const noexcept {
    return !request_body_ || request_body_->ended();
}

void Operation::drained() {
    if (request_body_) request_body_->drained();
}

void Operation::begin_response(base::Loop& loop, Response&& response) {
    source_ = std::make_unique<BodyBuffer>(*this, loop.inbox());
    source_->on_wanted([this] {
        if (connection_ != nullptr) connection_->adjust_reading();
    });
    auto told = std::move(done);
    if (told) told(std::move(response));
}

Flow Operation::RequestBody::write(std::string_view bytes) {
    if (over_) return Flow::closed;
    codec::http1::write_chunk(pending_, bytes);
    return send();
}

// Hands over what was written, once there is a connection for it.
Flow Operation::RequestBody::send() {
    ClientConnection* connection = operation_.connection_;
    if (connection != nullptr) connection->send_body(pending_);
    const std::size_t queued = pending_.size() + (connection ? connection->unsent() : 0);
    const Pool* pool = operation_.pool_;
    // Before submit() nobody has said how much may wait.
    const std::size_t queued_max = pool ? pool->options().unsent_bytes_max : kSourceBytesMax;
    return queued > queued_max ? Flow::full : Flow::flowing;
}

void Operation::RequestBody::when_drained(base::Waiter& waiter) {
    drained_.set(waiter);
    if (over_ || send() != Flow::full) drained_.ring();
}

void Operation::RequestBody::end() {
    drained_.clear();
    if (std::exchange(over_, true)) return;
    ended_ = true;
    codec::http1::write_last_chunk(pending_);
    (void)send();
}

void Operation::RequestBody::abort(const Error& error) {
    drained_.clear();
    if (std::exchange(over_, true)) return;
    operation_.give_up(error);
}

void Operation::RequestBody::close() {
    over_ = true;
    drained_.ring();
}

void Operation::RequestBody::drained() {
    if (drained_.awaited() && send() != Flow::full) drained_.ring();
}

std::string Operation::RequestBody::take_pending() { return std::exchange(pending_, {}); }

void ClientConnection::send_body(std::string& bytes) {
    if (bytes.empty()) return;
    out_ += bytes;
    bytes.clear();
    ask_turn_end();
}

std::size_t ClientConnection::unsent() const noexcept {
    return out_.size() + (stream_ ? stream_->unsent() : 0);
}

void ClientConnection::adjust_reading() {
    if (!stream_) return;
    if (operation_ && operation_->source_ && operation_->source_->full()) {
        // The server may close behind the last byte.
        stream_->pause_unwatched();
    } else {
        stream_->resume();
    }
}

void ClientConnection::on_drained() {
    if (operation_) operation_->drained();
}

}  // namespace tidewire::http
