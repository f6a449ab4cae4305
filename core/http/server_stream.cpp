// The streamed bodies of a ServerConnection: requests that are read piece by piece, answers that
// are written so.
#include <utility>

#include "codec/http1/writer.hpp"
#include "http/server.hpp"
#include "http/server_connection.hpp"

namespace tidewire::http {

// RFC 9110 10.1.1.
void ServerConnection::continue_if_expected() {
    continue_wanted_ = false;
    if (!std::exchange(continue_owed_, false)) return;
    out_ += "HTTP/1.1 100 Continue\r\n\r\n";
    pass_turn_end();
}

void ServerConnection::begin_streamed() {
    current_streamed_ = true;
    auto* exchange = current_.get();
    exchange->begin_source().on_wanted([exchange] {
        if (exchange->connection != nullptr) exchange->connection->source_wanted(*exchange);
    });
    owe(current_);
}

void ServerConnection::take_chunk(std::string_view bytes) {
    continue_owed_ = false;
    if (current_streamed_) {
        current_->begun_source()->push(bytes);
    } else {
        current_->body.append(bytes);
    }
}

// The handler has taken what was there, or waits for more.
void ServerConnection::source_wanted(const Http1Exchange& exchange) {
    if (!stream_ || current_.get() != &exchange) return;
    since_ = server_.loop().now();
    continue_wanted_ = continue_owed_ && !exchange.streaming;
    if (continue_wanted_ && owed_.front().get() == &exchange) continue_if_expected();
    adjust_reading();
}

bool Http1Exchange::deliver_head(Response&& response) {
    if (connection == nullptr) return false;
    coder = shaper != nullptr ? shaper->shape_head(*this, response) : nullptr;
    if (meter != nullptr) meter->answered(*this, response.status);
    answer = std::move(response);
    return connection->answer_begun(*this);
}

Flow Http1Exchange::deliver_piece(std::string_view bytes) {
    if (connection == nullptr) return Flow::closed;
    if (!coder || bytes.empty()) return connection->take_piece(*this, bytes);
    std::string coded;
    coder->write(coded, bytes);
    return connection->take_piece(*this, coded);
}

void Http1Exchange::deliver_end() {
    if (connection == nullptr) return;
    if (coder) {
        std::string rest;
        coder->finish(rest);
        coder.reset();
        (void)connection->take_piece(*this, rest);
    }
    connection->answer_ended(*this);
}

void Http1Exchange::deliver_break(const Error& error) {
    if (connection == nullptr || done) return;
    const bool told = head_written;
    connection->answer_broken(*this);
    // Nobody has seen a byte of it, so the error can still be said.
    if (!told) deliver(Response::problem(error));
}

void Http1Exchange::deliver_interim(int status, const Headers& headers) {
    if (connection != nullptr) connection->interim(*this, status, headers);
}

bool ServerConnection::answer_begun(Http1Exchange& exchange) {
    if (const auto error = unfit(exchange.answer)) {
        exchange.done = true;
        answered(exchange, Response::problem(*error));
        return false;
    }
    const int status = exchange.answer.status;
    exchange.streaming = true;
    exchange.head_written = false;
    exchange.bodiless = exchange.head.method == "HEAD" || status == 204 || status == 304;
    exchange.pending.clear();
    ++streaming_;
    if (owed_.front().get() == &exchange) {
        write_streamed_head(exchange);
        pass_turn_end();
    }
    return true;
}

// Contract: it is the front of those that are owed.
void ServerConnection::write_streamed_head(Http1Exchange& exchange) {
    if (std::exchange(exchange.head_written, true)) return;
    const bool chunked = exchange.head.version_minor != 0;
    if (!chunked) exchange.keep_alive = false;
    exchange.keep_alive =
        write_head(exchange, exchange.answer,
                   chunked ? codec::http1::kChunked : codec::http1::kUntilClose);
    exchange.answer = {};
    out_ += std::exchange(exchange.pending, {});
    since_ = server_.loop().now();
    if (exchange.keep_alive || current_.get() == &exchange) return;
    closing_ = true;
    forget_current();
}

Flow ServerConnection::take_piece(Http1Exchange& exchange, std::string_view bytes) {
    if (!stream_ || exchange.done || exchange.bodiless) return Flow::closed;
    std::string& to = exchange.head_written ? out_ : exchange.pending;
    if (!bytes.empty()) {
        if (exchange.head_written && out_.empty() && stream_->unsent() == 0) {
            since_ = server_.loop().now();
        }
        if (exchange.head.version_minor != 0) {
            codec::http1::write_chunk(to, bytes);
        } else {
            to += bytes;
        }
        if (exchange.head_written) pass_turn_end();
    }
    const std::size_t queued =
        exchange.head_written ? out_.size() + stream_->unsent() : to.size();
    return queued > server_.limits().unsent_bytes_max ? Flow::full : Flow::flowing;
}

// It is with a handler no more.
void ServerConnection::settled(const Http1Exchange& exchange) {
    --in_flight_;
    server_.count().requests_in_flight.add(-1);
    if (exchange.cancelled()) server_.count().requests_cancelled.add(1);
}

void ServerConnection::answer_ended(Http1Exchange& exchange) {
    if (exchange.done) return;
    exchange.done = true;
    settled(exchange);
    if (!exchange.bodiless && exchange.head.version_minor != 0) {
        codec::http1::write_last_chunk(exchange.head_written ? out_ : exchange.pending);
    }
    // The rest of the request is nobody's, and nothing after it can be told from it.
    if (current_streamed_ && current_.get() == &exchange) {
        exchange.begun_source()->fail(Error(ErrorCode::closed, "the request was answered"));
        exchange.keep_alive = false;
        forget_current();
        closing_ = true;
    }
    if (owed_.front().get() == &exchange) {
        write_ready_answers();
    } else {
        pass_turn_end();
    }
}

void ServerConnection::pop_front_answered(bool keep_alive) {
    --streaming_;
    spare_ = std::move(owed_.front());
    owed_.pop_front();
    since_ = server_.loop().now();
    if (keep_alive && !(server_.draining() && owed_.empty() && !current_)) return;
    closing_ = true;
    forget_current();
    // What came behind a body that ends with the connection.
    drop_owed();
}

void ServerConnection::answer_broken(Http1Exchange& exchange) {
    if (exchange.head_written) {
        cut(exchange);
        return;
    }
    --streaming_;
    exchange.streaming = false;
    exchange.pending = {};
    exchange.answer = {};
}

// What was written is sent, but not its end, and nothing after it.
void ServerConnection::cut(Http1Exchange& exchange) {
    exchange.done = true;
    settled(exchange);
    closing_ = true;
    forget_current();
    if (auto* source = exchange.begun_source()) source->fail(Error(ErrorCode::closed));
    drop_owed();
    pass_turn_end();
}

// Those that are owed will not be answered.
void ServerConnection::drop_owed() {
    waiting_ = 0;
    streaming_ = 0;
    in_flight_ = 0;
    auto owed = std::exchange(owed_, {});
    for (auto& each : owed) {
        each->connection = nullptr;
        if (each->done) continue;
        server_.count().requests_in_flight.add(-1);
        server_.count().requests_cancelled.add(1);
        each->abandon();
    }
}

void ServerConnection::ring_drained() {
    for (auto& exchange : owed_) {
        if (!exchange->streaming || !exchange->awaits_drain()) continue;
        if (take_piece(*exchange, {}) != Flow::full) exchange->drained();
    }
}

void ServerConnection::interim(const Http1Exchange& exchange, int status, const Headers& headers) {
    if (!stream_ || owed_.front().get() != &exchange || exchange.head.version_minor == 0) return;
    codec::http1::write_interim_head(out_, status, headers);
    pass_turn_end();
}

}  // namespace tidewire::http
