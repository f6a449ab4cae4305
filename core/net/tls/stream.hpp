// TlsStream: a base::ByteStream that encrypts what goes through another one.
//
// Everything is pushed: bytes of the peer go into OpenSSL as they come, and what it makes of them
// is told or sent at once. Between two calls a connection holds no bytes, but for what came while
// its owner had paused it: at most one read. What one write() gives is one write() below.
//
// A peer that ends without close_notify (RFC 8446 6.1) may have been cut off by somebody else: that
// is on_broken, not on_end.
//
// A server's stream makes no SSL object before the first record is whole, so that a connection that
// says nothing, or stops in its first words, costs next to nothing.
#pragma once

#include <memory>
#include <string>

#include "base/runtime.hpp"
#include "net/tls/bio.hpp"

namespace tidewire::net::tls {

class TlsStream final : public base::ByteStream,
                        private base::StreamEvents,
                        private base::TurnEnd {
public:
    struct ServerSide {
        std::chrono::milliseconds handshake_timeout;
        const std::string& plain_answer;  // for peers that speak plain HTTP; outlives the stream
    };
    // Of a server: start() begins to listen for the handshake.
    TlsStream(base::Loop& loop, std::unique_ptr<base::ByteStream> lower, ContextPtr context,
              ServerSide side);
    // Of a client: start() begins the handshake; when that is done `secured` is rung, once.
    TlsStream(base::Loop& loop, std::unique_ptr<base::ByteStream> lower, SslPtr ssl,
              base::Waiter& secured);
    ~TlsStream() override;
    TlsStream(const TlsStream&) = delete;
    TlsStream& operator=(const TlsStream&) = delete;

    // May be called again, by the next owner.
    void start(base::StreamEvents& events) override;
    void write(std::string_view bytes) override;
    [[nodiscard]] std::size_t unsent() const noexcept override {
        return lower_->unsent() + early_.size();
    }
    void pause() override;
    void pause_unwatched() override;
    void resume() override;
    void end() override;
    [[nodiscard]] bool ready() const noexcept override { return phase_ != Phase::handshake; }
    [[nodiscard]] std::string_view peer() const noexcept override { return lower_->peer(); }
    [[nodiscard]] std::string_view peer_address() const noexcept override {
        return lower_->peer_address();
    }

private:
    enum class Phase : std::uint8_t {
        handshake,
        open,
        refused,  // a server's handshake failed: the peer is told why, what it sends is dropped
        broken,
    };

    void on_bytes(std::string_view bytes) override;
    void on_end() override;
    void on_drained() override;
    void on_broken(const Error& error) override;
    void turn_ended() override;

    // These give false when the owner destroyed the stream meanwhile.
    bool pump(std::string_view bytes);
    bool shake_hands();
    bool secured();
    bool read_record(bool& more);
    bool tell_broken(const Error& error);
    bool fail(const char* otherwise);
    template <class Tell>
    bool tell(Tell tell);

    void refuse(Error error);
    void refuse_plain(char first);
    void begin_handshake();
    void timed_out();
    void seal(std::string_view bytes);
    void flush();

    base::Loop& loop_;
    std::unique_ptr<base::ByteStream> lower_;
    Wire wire_;
    ContextPtr context_;  // of a server without ssl_ yet
    SslPtr ssl_;
    const std::string* plain_answer_ = nullptr;  // of a server
    base::Waiter* secured_ = nullptr;
    base::StreamEvents* events_ = nullptr;
    std::string early_;  // written before the handshake was done
    std::string held_;   // came while paused
    std::string hello_;  // of the client's first record, until it is whole
    std::unique_ptr<Error> refusal_;
    Phase phase_ = Phase::handshake;
    bool paused_ = false;
    bool peer_ended_ = false;   // by close_notify
    bool lower_ended_ = false;
    bool any_bytes_ = false;
    bool ending_ = false;
    bool turn_end_asked_ = false;
    bool* destroyed_ = nullptr;  // set while a callback of ours may destroy us
    base::MemberWaiter<&TlsStream::timed_out> on_timeout_{*this};
    base::Timer timeout_{on_timeout_};
};

}  // namespace tidewire::net::tls
