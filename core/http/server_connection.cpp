#include "http/server_connection.hpp"

#include <utility>

#include "base/field_text.hpp"
#include "codec/http1/writer.hpp"
#include "http/server.hpp"

namespace tidewire::http {
namespace {

// How long a peer may go on sending after we have closed our side.
constexpr std::chrono::milliseconds kLingerTimeout{2'000};
// A buffer that grew for one large answer is given back.
constexpr std::size_t kKeptBufferBytes = 65'536;

codec::http1::ParserLimits parser_limits(const Limits& limits) {
    return {limits.request_line_bytes_max, limits.header_bytes_max, limits.header_fields_max,
            limits.body_bytes_max};
}

}  // namespace

void Http1Exchange::deliver(Response&& response) {
    if (connection == nullptr) return;
    done = true;
    if (shaper != nullptr) shaper->shape(*this, response);
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
        auto event = parser_.next();
        if (!event) {
            server_.count().protocol_errors.add(1);
            refuse(event.error());
            return;
        }
        if (!*event) return;
        switch ((*event)->index()) {
            case 0: begin_request(); break;
            case 1: current_->body.append(std::get<codec::http1::ChunkEvent>(**event).bytes); break;
            default: finish_request(); break;
        }
    }
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
    return exchange;
}

void ServerConnection::begin_request() {
    current_ = new_exchange();
    current_->head.swap(parser_.head());
    const auto& framing = current_->head.framing;
    current_->keep_alive = framing.keep_alive && !server_.draining();
    if (framing.content_length) {
        current_->body.reserve(std::min(*framing.content_length, kKeptBufferBytes));
    }
    any_request_ = true;
    // RFC 9110 10.1.1. With earlier answers owed it would come out of order; the client then sends
    // its body without it, as it must be ready to.
    if (framing.expect_continue && owed_.empty()) {
        out_ += "HTTP/1.1 100 Continue\r\n\r\n";
        pass_turn_end();
    }
}

void ServerConnection::finish_request() {
    server_.count().requests.add(1);
    server_.count().requests_in_flight.add(1);
    if (!current_->keep_alive) closing_ = true;
    owed_.push_back(std::move(current_));
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
    while (!owed_.empty() && owed_.front()->done) {
        base::Ref<Http1Exchange> exchange = std::move(owed_.front());
        owed_.pop_front();
        write_answer(*exchange, exchange->answer);
        exchange->answer = {};
        spare_ = std::move(exchange);
    }
    pass_turn_end();
}

void ServerConnection::write_answer(Http1Exchange& exchange, Response& answer) {
    for (std::size_t i = 0; i < answer.headers.size(); ++i) {
        if (!codec::http1::framing_field(answer.headers[i].name)) continue;
        answer = Response::problem(
            Error(ErrorCode::internal, "the handler set a field that is the connection's own"));
        break;
    }
    // Other fields were checked when they were set. The type of most answers needs no look.
    if (answer.content_type != "application/json" && !base::is_field_value(answer.content_type)) {
        answer = Response::problem(
            Error(ErrorCode::internal, "the handler's Content-Type has a control character"));
    }
    if (answer.status < 200 || answer.status > 599) {
        answer =
            Response::problem(Error(ErrorCode::internal, "the handler's status is out of range"));
    }
    const bool head_only =
        exchange.head.method == "HEAD" || answer.status == 204 || answer.status == 304;
    codec::http1::ResponseLine line;
    line.status = answer.status;
    line.content_type = answer.content_type;
    // While draining the last one owed is the last of the connection.
    line.keep_alive = exchange.keep_alive && !(server_.draining() && last_owed(exchange));
    line.version_minor = exchange.head.version_minor;
    line.date = server_.date();
    codec::http1::write_response_head(out_, line, answer.headers, answer.body.size());
    if (!head_only) out_ += answer.body;
    since_ = server_.loop().now();
    if (line.keep_alive) return;
    closing_ = true;
    current_ = {};  // a request that is still arriving was told so
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
    }
    dispatch_waiting();
    adjust_reading();
    close_if_finished();
}

void ServerConnection::adjust_reading() {
    const bool full = stream_->unsent() > server_.limits().unsent_bytes_max ||
                      owed_.size() >= server_.limits().pipeline_max;
    if (full && !lingering_) {
        stream_->pause();
    } else {
        stream_->resume();
    }
}

void ServerConnection::on_drained() {
    since_ = server_.loop().now();
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

void ServerConnection::refuse(const Error& error) {
    closing_ = true;
    current_ = {};
    auto exchange = new_exchange();
    exchange->connection = nullptr;  // answered here, by nobody else
    exchange->keep_alive = false;
    exchange->done = true;
    exchange->answer = Response::problem(error);
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
    current_ = {};
    waiting_ = 0;
    // Handlers that are told may drop their reply, which comes back to answered().
    auto owed = std::exchange(owed_, {});
    for (auto& exchange : owed) {
        exchange->connection = nullptr;
        if (exchange->done) continue;
        server_.count().requests_in_flight.add(-1);
        server_.count().requests_cancelled.add(1);
        exchange->abandon();
    }
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
