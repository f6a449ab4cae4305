// ServerConnection: one HTTP/1.1 connection of a server (RFC 9112).
//
// Requests of one connection may be answered at the same time, `pipeline_max` of them; answers
// leave in the order of the requests. All answers of one turn leave in one write. A request that
// breaks the protocol is answered and is the last: nothing after it is parsed, and the close
// lingers so that the answer is not lost to a reset (RFC 9112 9.6).
//
// A streamed answer is chunked, or ends with the connection for HTTP/1.0, which cannot tell a
// broken body from a whole one. Its sink is full while more than `unsent_bytes_max` waits for the
// peer, or for the answers before it. One that breaks off is cut without its last chunk, and the
// connection with it. A streamed request is read while its source has room; when its answer is
// whole before it is, the rest is not taken and the connection closes.
//
// An end of the peer's bytes while an answer is owed is a hang-up: a caller that wants the answer
// keeps its side open.
#pragma once

#include <deque>
#include <memory>
#include <optional>
#include <string>

#include "base/runtime.hpp"
#include "codec/deflate.hpp"
#include "codec/http1/parser.hpp"
#include "http/exchange.hpp"

namespace tidewire::http {

class Server;
class ServerConnection;

// An Exchange of HTTP/1.1. `connection` is cleared when that ends first.
class Http1Exchange final : public Exchange {
public:
    explicit Http1Exchange(base::Loop& loop) : Exchange(loop) {}
    using Exchange::reset;

    ServerConnection* connection = nullptr;
    bool keep_alive = true;
    bool done = false;  // answered; `answer` waits for those before it
    Response answer;
    // Of a streamed answer.
    bool streaming = false;
    bool head_written = false;
    bool bodiless = false;   // HEAD, 204, 304: what is written is nobody's
    std::string pending;     // written while answers before it were owed; framed
    std::unique_ptr<codec::Compressor> coder;  // of a compressed one
    using Exchange::awaits_drain;
    using Exchange::begin_source;
    using Exchange::begun_source;
    using Exchange::drained;

private:
    void deliver(Response&& response) override;
    bool deliver_head(Response&& response) override;
    Flow deliver_piece(std::string_view bytes) override;
    void deliver_end() override;
    void deliver_break(const Error& error) override;
    void deliver_interim(int status, const Headers& headers) override;
};

class ServerConnection final : private base::StreamEvents, private base::TurnEnd {
public:
    ServerConnection(Server& server, std::unique_ptr<base::ByteStream> stream);
    ~ServerConnection();
    ServerConnection(const ServerConnection&) = delete;
    ServerConnection& operator=(const ServerConnection&) = delete;

    std::size_t slot = 0;  // the server's: where it keeps this connection

    void start();
    // Answers with `error` and closes, whatever comes.
    // `status` in place of the error's own: 0 takes that.
    void refuse(const Error& error, int status = 0);
    // Closes when idle, else after the answers that are owed.
    void drain();
    // Ends now.
    void abort();
    void check_time(base::TimePoint now);
    void answered(Http1Exchange& exchange, Response&& answer);
    // The steps of a streamed answer.
    bool answer_begun(Http1Exchange& exchange);
    Flow take_piece(Http1Exchange& exchange, std::string_view bytes);
    void answer_ended(Http1Exchange& exchange);
    void answer_broken(Http1Exchange& exchange);
    void interim(const Http1Exchange& exchange, int status, const Headers& headers);
    [[nodiscard]] std::string_view peer_address() const noexcept { return peer_address_; }

private:
    void on_bytes(std::string_view bytes) override;
    void on_end() override;
    void on_drained() override;
    void on_broken(const Error& error) override;
    void turn_ended() override;

    void parse();
    void refuse_peer(const Error& error);
    void begin_request();
    void begin_streamed();
    void take_chunk(std::string_view bytes);
    void finish_request();
    void owe(base::Ref<Http1Exchange> exchange);
    void source_wanted(const Http1Exchange& exchange);
    void continue_if_expected();
    void dispatch_waiting();
    void write_ready_answers();
    void write_answer(Http1Exchange& exchange, Response& answer);
    // False: the connection ends with this answer.
    bool write_head(Http1Exchange& exchange, Response& answer, std::size_t body_bytes);
    void write_streamed_head(Http1Exchange& exchange);
    void pop_front_answered(bool keep_alive);
    void cut(Http1Exchange& exchange);
    void drop_owed();
    void settled(const Http1Exchange& exchange);
    // What a handler may not say of its answer, or nothing.
    [[nodiscard]] static std::optional<Error> unfit(const Response& answer);
    void forget_current();
    void ring_drained();
    [[nodiscard]] bool last_owed(const Http1Exchange& exchange) const noexcept;
    void pass_turn_end();
    void adjust_reading();
    void begin_close();
    void close_if_finished();
    [[nodiscard]] bool idle() const noexcept;
    [[nodiscard]] base::Ref<Http1Exchange> new_exchange();

    Server& server_;
    std::unique_ptr<base::ByteStream> stream_;  // empty: over
    const std::string peer_address_;
    codec::http1::RequestParser parser_;
    base::Ref<Http1Exchange> next_;     // the parser writes its head
    base::Ref<Http1Exchange> current_;  // its body is arriving
    base::Ref<Http1Exchange> spare_;    // answered, nobody else holds it: used for the next one
    std::deque<base::Ref<Http1Exchange>> owed_;  // in the order of the requests
    std::size_t waiting_ = 0;    // the last of owed_, which no handler has seen yet
    std::size_t in_flight_ = 0;  // with a handler
    std::string out_;
    std::size_t unsent_seen_ = 0;
    base::TimePoint since_;     // when the state that check_time() looks at began
    std::size_t streaming_ = 0;  // answers in owed_ that are streamed
    bool any_request_ = false;
    bool current_streamed_ = false;  // current_ is in owed_, too
    bool continue_owed_ = false;     // the peer waits for 100 before it sends that body
    bool continue_wanted_ = false;   // which waits for the answers before it
    bool closing_ = false;      // no further request is taken
    bool lingering_ = false;    // our side has ended, waiting for the peer's
    bool peer_ended_ = false;
    bool turn_end_asked_ = false;
};

}  // namespace tidewire::http
