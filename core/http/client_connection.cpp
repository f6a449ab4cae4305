#include "http/client_connection.hpp"

#include <algorithm>
#include <charconv>
#include <utility>

#include "codec/http1/writer.hpp"
#include "http/request_body.hpp"

namespace tidewire::http {

namespace {

// Codings that we did not name stay, with the field that tells of them.
Result<Response> undo_coding(Response response, const codec::InflateLimits& limits) {
    const auto coding = codec::coding_of(response.headers.get("content-encoding").value_or(""));
    if (!coding || response.headers.count("content-encoding") != 1) return response;
    if (*coding != codec::ContentCoding::identity) {
        auto body = codec::inflate(*coding, response.body, limits);
        if (!body) return body.error();
        response.body = std::move(*body);
    }
    response.headers.remove("content-encoding");
    response.headers.remove("content-length");
    return response;
}

}  // namespace

ClientConnection::ClientConnection(Pool& pool, std::unique_ptr<base::ByteStream> stream)
    : pool_(pool), stream_(std::move(stream)), parser_(pool.options().limits) {
    idle_until_ = pool_.loop().now() + pool_.options().idle_timeout;
    stream_->start(*this);
}

ClientConnection::~ClientConnection() {
    if (turn_end_asked_) pool_.loop().forget_turn_end(*this);
}

void ClientConnection::begin(base::Ref<Operation> operation) {
    operation_ = std::move(operation);
    operation_->connection_ = this;
    answer_began_ = false;
    response_ = {};
    const Operation& now = *operation_;
    codec::http1::RequestLine line{now.method, now.target, pool_.authority(), now.content_type, -1};
    if (now.timeout.count() > 0) {
        const auto left = std::chrono::ceil<std::chrono::milliseconds>(now.deadline_ -
                                                                       pool_.loop().now());
        line.timeout_ms = std::max<long long>(1, left.count());
    }
    if (pool_.options().inflate && !now.stream_response && !now.headers.get("accept-encoding")) {
        operation_->headers.add_unchecked("Accept-Encoding", "gzip, deflate");
    }
    parser_.expect(now.method == "HEAD");
    parser_.limit_body(now.stream_response ? static_cast<std::size_t>(-1)
                                           : pool_.options().limits.body_bytes_max);
    if (now.request_body_) {
        codec::http1::write_request_head(out_, line, now.headers, codec::http1::kChunked);
        out_ += now.request_body_->take_pending();
    } else {
        codec::http1::write_request_head(out_, line, now.headers, now.body.size());
        out_ += now.body;
    }
    ask_turn_end();
}

void ClientConnection::ask_turn_end() {
    if (!turn_end_asked_) pool_.loop().at_turn_end(*this);
    turn_end_asked_ = true;
}

void ClientConnection::turn_ended() {
    turn_end_asked_ = false;
    if (!stream_) return;
    stream_->write(out_);
    out_.clear();
    if (operation_ && stream_->unsent() == 0) operation_->drained();
}

void ClientConnection::on_bytes(std::string_view bytes) {
    if (!operation_) {
        fail(Error(ErrorCode::protocol_error, "bytes without a request"));
        return;
    }
    answer_began_ = true;
    parser_.feed(bytes);
    parse();
    if (operation_ && operation_->source_) adjust_reading();
}

void ClientConnection::parse() {
    while (stream_ && operation_) {
        auto event = parser_.next();
        if (!event) {
            fail(event.error());
            return;
        }
        if (!*event) return;
        switch ((*event)->index()) {
            case 0: take_head(); break;
            case 1: take_chunk(std::get<codec::http1::ChunkEvent>(**event).bytes); break;
            default:
                if (!interim_) finish_response();
                break;
        }
    }
}

void ClientConnection::take_head() {
    auto& head = parser_.head();
    interim_ = head.status >= 100 && head.status < 200;
    if (interim_) {
        if (head.status == 101) {
            fail(Error(ErrorCode::protocol_error, "an upgrade that was not asked for"));
        }
        return;
    }
    keep_alive_ = head.framing.keep_alive;
    coded_ = pool_.options().inflate && !operation_->stream_response &&
             head.framing.has(codec::http1::WebField::content_encoding);
    response_.status = head.status;
    std::swap(response_.headers, head.headers);
    response_.content_type = response_.headers.get("content-type").value_or("");
    if (!operation_->stream_response) return;
    const auto operation = operation_;
    operation->begin_response(pool_.loop(), Response(response_));
}

void ClientConnection::take_chunk(std::string_view bytes) {
    if (interim_) return;
    if (operation_->source_) {
        operation_->source_->push(bytes);
    } else {
        response_.body.append(bytes);
    }
}

// How long the server keeps the connection: its own word less a second for the way there, since the
// close must not meet the next request (RFC 9112 9.3, "Keep-Alive: timeout=5").
std::chrono::milliseconds ClientConnection::kept_for() const {
    const auto field = response_.headers.get("keep-alive");
    if (!field) return pool_.options().idle_timeout;
    const auto found = field->find("timeout=");
    if (found == std::string_view::npos) return pool_.options().idle_timeout;
    long long seconds = 0;
    const auto text = field->substr(found + 8);
    if (std::from_chars(text.data(), text.data() + text.size(), seconds).ec != std::errc()) {
        return pool_.options().idle_timeout;
    }
    const long long kept = std::clamp<long long>(seconds - 1, 0, 86'400);
    return std::min(pool_.options().idle_timeout,
                    std::chrono::milliseconds(kept * 1'000));
}

void ClientConnection::finish_response() {
    const auto kept = kept_for();
    auto operation = std::move(operation_);
    auto response = std::move(response_);
    operation->connection_ = nullptr;
    used_before_ = true;
    // Bytes after the answer belong to nothing: such a connection is not used again.
    const bool keep = keep_alive_ && kept.count() > 0 && parser_.unread().empty() &&
                      operation->request_whole();
    idle_until_ = pool_.loop().now() + kept;
    if (keep) {
        stream_->resume();
        pool_.freed(*this);
    } else {
        stream_->end();
        stream_.reset();
        pool_.ended(*this, {}, false, Error(ErrorCode::connection_lost));
    }
    if (coded_ && !response.body.empty()) {
        operation->settle(undo_coding(std::move(response), *pool_.options().inflate));
    } else {
        operation->settle(std::move(response));
    }
}

void ClientConnection::on_end() {
    if (operation_) {
        parser_.feed_eof();
        parse();
        if (!stream_ || !operation_) return;
    } else {
        stream_->end();
    }
    fail(Error(ErrorCode::connection_lost, "the server closed the connection"));
}

void ClientConnection::on_broken(const Error& error) { fail(error); }

void ClientConnection::fail(const Error& error) {
    if (!stream_) return;
    stream_.reset();
    auto operation = std::move(operation_);
    if (operation) operation->connection_ = nullptr;
    const bool may_repeat = used_before_ && !answer_began_;
    pool_.ended(*this, std::move(operation), may_repeat, error);
}

void ClientConnection::close_with(const Error& error) {
    if (stream_ && !operation_) stream_->end();
    answer_began_ = true;  // not to be sent again
    fail(error);
}

void ClientConnection::drop() {
    if (stream_ && !operation_) stream_->end();  // nothing is cut off: say so
    stream_.reset();
    operation_ = {};
    pool_.ended(*this, {}, false, Error(ErrorCode::closed));
}

}  // namespace tidewire::http
