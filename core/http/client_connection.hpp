// ClientConnection: one HTTP/1.1 connection of a client, for one operation at a time.
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "base/runtime.hpp"
#include "codec/http1/parser.hpp"
#include "http/pool.hpp"

namespace tidewire::http {

class ClientConnection final : private base::StreamEvents, private base::TurnEnd {
public:
    ClientConnection(Pool& pool, std::unique_ptr<base::ByteStream> stream);
    ~ClientConnection();
    ClientConnection(const ClientConnection&) = delete;
    ClientConnection& operator=(const ClientConnection&) = delete;

    // Contract: free. Sends the request at the end of the turn.
    void begin(base::Ref<Operation> operation);
    // The operation has settled without its answer: closes.
    void drop();
    // Closes; an operation under way settles with `error`.
    void close_with(const Error& error);
    // The operation's streamed request; takes all of `bytes`.
    void send_body(std::string& bytes);
    [[nodiscard]] std::size_t unsent() const noexcept;
    // Reads only while the reader of a streamed response has room.
    void adjust_reading();
    [[nodiscard]] base::TimePoint idle_until() const noexcept { return idle_until_; }

private:
    void on_bytes(std::string_view bytes) override;
    void on_end() override;
    void on_drained() override;
    void on_broken(const Error& error) override;
    void turn_ended() override;

    void ask_turn_end();
    void parse();
    void take_head();
    void take_chunk(std::string_view bytes);
    void finish_response();
    void fail(const Error& error);
    [[nodiscard]] std::chrono::milliseconds kept_for() const;

    Pool& pool_;
    std::unique_ptr<base::ByteStream> stream_;
    codec::http1::ResponseParser parser_;
    base::Ref<Operation> operation_;
    Response response_;
    std::string out_;
    base::TimePoint idle_until_;
    bool coded_ = false;          // the response has a Content-Encoding that we asked for
    bool interim_ = false;        // the response that arrives is a 1xx
    bool keep_alive_ = true;
    bool answer_began_ = false;
    bool used_before_ = false;
    bool turn_end_asked_ = false;
};

}  // namespace tidewire::http
