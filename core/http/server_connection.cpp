#include "http/server_connection.hpp"

#include <utility>

#include "base/field_text.hpp"
#include "codec/http1/writer.hpp"
#include "http/problem.hpp"
#include "http/server.hpp"

namespace tidewire::http {
namespace {

// How long a peer may go on sending after we have closed our side.
constexpr std::chrono::milliseconds kLingerTimeout{2'000};
// A buffer that grew for one large answer is given back.
constexpr std::size_t kKeptBufferBytes = 65'536;
constexpr std::string_view kJson = "application/json";
constexpr std::size_t kNoLimit = static_cast<std::size_t>(-1);

codec::http1::ParserLimits parser_limits(const Limits& limits) {
    // How long a body may be hangs on how it is taken, which its head decides.
    return {limits.request_line_bytes_max, limits.header_bytes_max, limits.header_fields_max,
            kNoLimit};
}

}  // namespace

// What a handler may not say of its answer, or nothing.
std::optional<Error> ServerConnection::unfit(const Response& answer) {
    for (std::size_t i = 0; i < answer.headers.size(); ++i) {
        if (!codec::http1::framing_field(answer.headers[i].name)) continue;
        return Error(ErrorCode::internal, "the handler set a field that is the connection's own");
    }
    // Other fields were checked when they were set. The type of most answers needs no look.
    const std::string_view type = answer.content_type;
    if (type != kJson && !base::is_field_value(type)) {
        return Error(ErrorCode::internal, "the handler's Content-Type has a control character");
    }
    if (answer.status < 200 || answer.status > 599) {
        return Error(ErrorCode::internal, "the handler's status is out of range");
    }
    return std::nullopt;
}

void Http1Exchange::deliver(Response&& response) {
    if (connection == nullptr) return;
    done = true;
    if (shaper != nullptr) shaper->shape(*this, response);
    if (meter != nullptr) meter->answered(*this, response.status);
    connection->answered(*this, std::move(response));
}

ServerConnection::ServerConnection(Server& server, std::unique_ptr<base::ByteStream> stream)
    : server_(server),
      stream_(std::move(stream)),
      peer_address_(stream_->peer_address()),
      parser_(parser_limits(server.limits())),
      since_(server.loop().now()) {}

ServerConnection::~ServerConnection() {
    if (turn_end_asked_) server_.loop().forget_turn_end(*this);
}

void ServerConnection::start() { stream_->start(*this); }

void ServerConnection::on_bytes(std::string_view bytes) {
    if (closing_) return;  // what comes after a last request is read and dropped
    if (parser_.idle() || current_) since_ = server_.loop().now();
    parser_.feed(bytes);
    parse();
    if (stream_) adjust_reading();
}

void ServerConnection::parse() {
    while (stream_ && !closing_) {
        if (!next_ && parser_.between() && !parser_.unread().empty()) {
            next_ = new_exchange();
            parser_.put_next_head_into(next_->head);
        }
        switch (parser_.poll()) {
            case codec::http1::Signal::need_more: return;
            case codec::http1::Signal::head: begin_request(); break;
            case codec::http1::Signal::chunk: take_chunk(parser_.chunk()); break;
            case codec::http1::Signal::end: finish_request(); break;
            case codec::http1::Signal::failed: refuse_peer(parser_.error()); return;
        }
    }
}

void ServerConnection::refuse_peer(const Error& error) {
    server_.count().protocol_errors.add(1);
    if (current_streamed_) current_->begun_source()->fail(error);
    refuse(error, parser_.version_unsupported() ? 505 : 0);
}

base::Ref<Http1Exchange> ServerConnection::new_exchange() {
    base::Ref<Http1Exchange> exchange = std::move(spare_);
    if (exchange && exchange->unshared()) {
        exchange->reset();
    } else {
        exchange = base::make_ref<Http1Exchange>(server_.loop());
        exchange->peer = stream_->peer();
    }
    exchange->connection = this;
    exchange->done = false;
    exchange->streaming = false;
    return exchange;
}

void ServerConnection::begin_request() {
    current_ = std::move(next_);
    const auto& framing = current_->head.framing;
    current_->keep_alive = framing.keep_alive && !server_.draining();
    any_request_ = true;
    if (!framing.chunked && framing.content_length.value_or(0) == 0) return;
    continue_owed_ = framing.expect_continue;
    continue_wanted_ = false;
    if (server_.handler().on_head(*current_) == BodyMode::streamed) {
        begin_streamed();
        return;
    }
    const std::size_t bytes_max = server_.limits().body_bytes_max;
    if (framing.content_length.value_or(0) > bytes_max) {
        server_.count().protocol_errors.add(1);
        refuse(Error(ErrorCode::payload_too_large));
        return;
    }
    if (framing.chunked) parser_.limit_body(bytes_max);
    current_->body.reserve(std::min(framing.content_length.value_or(0), kKeptBufferBytes));
    if (owed_.empty()) continue_if_expected();
}

void ServerConnection::finish_request() {
    if (current_->head.framing.chunked) parser_.limit_body(kNoLimit);
    if (!current_->keep_alive) closing_ = true;
    if (current_streamed_) {
        current_->begun_source()->finish();
        forget_current();
        pass_turn_end();
        return;
    }
    owe(std::move(current_));
}

void ServerConnection::owe(base::Ref<Http1Exchange> exchange) {
    server_.count().requests.add(1);
    server_.count().requests_in_flight.add(1);
    owed_.push_back(std::move(exchange));
    ++waiting_;
    since_ = server_.loop().now();
    dispatch_waiting();
}

void ServerConnection::dispatch_waiting() {
    while (waiting_ > 0 && in_flight_ < server_.limits().pipeline_max) {
        const base::Ref<Http1Exchange> exchange = owed_[owed_.size() - waiting_];
        --waiting_;
        ++in_flight_;
        server_.handler().on_exchange(*exchange);
    }
}

void ServerConnection::answered(Http1Exchange& exchange, Response&& answer) {
    --in_flight_;
    server_.count().requests_in_flight.add(-1);
    if (exchange.cancelled()) server_.count().requests_cancelled.add(1);
    if (owed_.front().get() == &exchange) {
        write_answer(exchange, answer);
        spare_ = std::move(owed_.front());
        owed_.pop_front();
        write_ready_answers();
        return;
    }
    exchange.answer = std::move(answer);
    if (waiting_ > 0) pass_turn_end();
}

void ServerConnection::write_ready_answers() {
    while (!owed_.empty()) {
        Http1Exchange& front = *owed_.front();
        if (front.streaming) {
            write_streamed_head(front);
            if (!front.done) break;
            pop_front_answered(front.keep_alive);
            continue;
        }
        if (!front.done) break;
        base::Ref<Http1Exchange> exchange = std::move(owed_.front());
        owed_.pop_front();
        write_answer(*exchange, exchange->answer);
        exchange->answer = {};
        spare_ = std::move(exchange);
    }
    if (continue_wanted_ && !owed_.empty() && owed_.front().get() == current_.get()) {
        continue_if_expected();
    }
    pass_turn_end();
}

void ServerConnection::write_answer(Http1Exchange& exchange, Response& answer) {
    if (auto error = unfit(answer)) answer = Response::problem(*error);
    // The rest of a body that is still arriving is nobody's.
    if (current_streamed_ && current_.get() == &exchange) exchange.keep_alive = false;
    // As views, whose comparison with a literal is inlined.
    const bool head_only = std::string_view(exchange.head.method) == "HEAD" ||
                           answer.status == 204 || answer.status == 304;
    const bool keep_alive = write_head(exchange, answer, answer.body.size());
    if (!head_only) out_ += answer.body;
    since_ = server_.loop().now();
    if (keep_alive) return;
    closing_ = true;
    forget_current();  // a request that is still arriving was told so
}

bool ServerConnection::write_head(Http1Exchange& exchange, Response& answer,
                                  std::size_t body_bytes) {
    codec::http1::ResponseLine line;
    line.status = answer.status;
    line.content_type = answer.content_type;
    // While draining the last one owed is the last of the connection.
    line.keep_alive = exchange.keep_alive && !(server_.draining() && last_owed(exchange));
    line.version_minor = exchange.head.version_minor;
    line.date = server_.date();
    codec::http1::write_response_head(out_, line, answer.headers, body_bytes);
    return line.keep_alive;
}

bool ServerConnection::last_owed(const Http1Exchange& exchange) const noexcept {
    return owed_.empty() || (owed_.size() == 1 && owed_.front().get() == &exchange);
}

void ServerConnection::pass_turn_end() {
    if (turn_end_asked_) return;
    turn_end_asked_ = true;
    server_.loop().at_turn_end(*this);
}

void ServerConnection::turn_ended() {
    turn_end_asked_ = false;
    if (!stream_) return;
    if (!out_.empty()) {
        stream_->write(out_);
        out_.clear();
        if (out_.capacity() > kKeptBufferBytes) out_.shrink_to_fit();
        if (streaming_) ring_drained();
    }
    dispatch_waiting();
    adjust_reading();
    close_if_finished();
}

void ServerConnection::adjust_reading() {
    // What arrives now belongs to a request that is owed already, or to one that would be.
    const bool no_room = current_streamed_ ? current_->begun_source()->full()
                                           : owed_.size() >= server_.limits().pipeline_max;
    const bool full = stream_->unsent() > server_.limits().unsent_bytes_max || no_room;
    if (full && !lingering_) {
        stream_->pause();
    } else {
        stream_->resume();
    }
}

void ServerConnection::on_drained() {
    since_ = server_.loop().now();
    if (streaming_) ring_drained();
    adjust_reading();
    close_if_finished();
}

void ServerConnection::on_end() {
    peer_ended_ = true;
    if (lingering_) {
        abort();
        return;
    }
    closing_ = true;
    // Whoever hung up reads no answer: the handlers are told at once.
    if (in_flight_ > 0 || current_) {
        abort();
        return;
    }
    pass_turn_end();
}

void ServerConnection::on_broken(const Error& error) {
    if (error.code() == ErrorCode::protocol_error) server_.count().protocol_errors.add(1);
    abort();
}

void ServerConnection::forget_current() {
    current_ = {};
    current_streamed_ = false;
}

void ServerConnection::refuse(const Error& error, int status) {
    closing_ = true;
    // A handler that reads the body has its exchange, and gives the answer.
    if (current_streamed_) {
        current_->keep_alive = false;
        forget_current();
        pass_turn_end();
        return;
    }
    forget_current();
    auto exchange = new_exchange();
    exchange->connection = nullptr;  // answered here, by nobody else
    exchange->keep_alive = false;
    exchange->done = true;
    exchange->answer = status == 0 ? Response::problem(error) : problem_as(error, status);
    owed_.push_back(std::move(exchange));
    write_ready_answers();
}

void ServerConnection::drain() {
    if (idle()) {
        begin_close();
    }
}

void ServerConnection::close_if_finished() {
    if (!closing_ || lingering_ || !owed_.empty() || current_ || stream_->unsent() > 0) return;
    begin_close();
}

void ServerConnection::begin_close() {
    stream_->end();
    if (peer_ended_) {
        abort();
        return;
    }
    closing_ = true;
    lingering_ = true;
    since_ = server_.loop().now();
    stream_->resume();
}

void ServerConnection::abort() {
    if (!stream_) return;
    stream_.reset();
    forget_current();
    // Handlers that are told may drop their reply, which comes back to answered().
    drop_owed();
    server_.retire(*this);
}

bool ServerConnection::idle() const noexcept {
    return owed_.empty() && !current_ && parser_.idle() && out_.empty() &&
           (!stream_ || stream_->unsent() == 0);
}

void ServerConnection::check_time(base::TimePoint now) {
    if (!stream_) return;
    const auto& limits = server_.limits();
    const auto waited = now - since_;
    if (lingering_) {
        if (waited > kLingerTimeout) abort();
    } else if (!stream_->ready()) {
        since_ = now;
    } else if (stream_->unsent() > 0) {
        if (stream_->unsent() != unsent_seen_) {
            unsent_seen_ = stream_->unsent();
            since_ = now;
        } else if (waited > limits.body_idle_timeout) {
            abort();  // the peer reads nothing
        }
    } else if (current_streamed_) {
        // A body that its handler does not take, or has not asked for, waits for the handler.
        if (current_->begun_source()->full() || continue_owed_) return;
        if (waited <= limits.body_idle_timeout) return;
        current_->begun_source()->fail(Error(ErrorCode::request_timeout));
        refuse(Error(ErrorCode::request_timeout));
    } else if (closing_ || !owed_.empty()) {
        return;  // waits for handlers, which have their own deadline
    } else if (current_) {
        if (waited > limits.body_idle_timeout) refuse(Error(ErrorCode::request_timeout));
    } else if (!parser_.idle()) {
        if (waited > limits.header_read_timeout) refuse(Error(ErrorCode::request_timeout));
    } else if (waited >
               (any_request_ ? limits.keep_alive_idle_timeout : limits.header_read_timeout)) {
        begin_close();
    }
}

}  // namespace tidewire::http
