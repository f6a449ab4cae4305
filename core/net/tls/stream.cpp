#include "net/tls/stream.hpp"

#include <array>
#include <cstdlib>
#include <utility>

namespace tidewire::net::tls {
namespace {

// One record has no more (RFC 8446 5.1), so each read empties it.
constexpr std::size_t kRecordBytesMax = 16'384;
// Encrypted at once; more would double a large body in memory.
constexpr std::size_t kSealedBytesMax = 65'536;
// A buffer that grew for a large write is given back.
constexpr std::size_t kKeptBufferBytes = 4'096;
// How long a refused peer may go on sending until it has read why.
constexpr std::chrono::milliseconds kLingerTimeout{2'000};

// First bytes of records (RFC 8446 5.1).
constexpr char kAlert = 0x15;
constexpr char kHandshake = 0x16;

// Whether it is at least one record, or something that never will be one.
bool is_whole_record(std::string_view bytes) {
    constexpr std::size_t kHeader = 5;
    if (bytes.size() < kHeader) return false;
    const auto size = static_cast<std::size_t>(static_cast<unsigned char>(bytes[3])) * 256 +
                      static_cast<unsigned char>(bytes[4]);
    return size > kRecordBytesMax || bytes.size() >= kHeader + size;
}

Error lost(const std::string& why) { return Error(ErrorCode::connection_lost, "TLS: " + why); }

void attach(SSL* ssl, Wire& wire) {
    BIO* bio = new_wire_bio(wire);
    SSL_set_bio(ssl, bio, bio);
}

}  // namespace

TlsStream::TlsStream(base::Loop& loop, std::unique_ptr<base::ByteStream> lower, ContextPtr context,
                     ServerSide side)
    : loop_(loop),
      lower_(std::move(lower)),
      context_(std::move(context)),
      plain_answer_(&side.plain_answer) {
    timeout_.arm(loop_.timers(), loop_.now() + side.handshake_timeout);
}

TlsStream::TlsStream(base::Loop& loop, std::unique_ptr<base::ByteStream> lower, SslPtr ssl,
                     base::Waiter& secured)
    : loop_(loop), lower_(std::move(lower)), ssl_(std::move(ssl)), secured_(&secured) {
    attach(ssl_.get(), wire_);
}

TlsStream::~TlsStream() {
    if (destroyed_ != nullptr) *destroyed_ = true;
    if (turn_end_asked_) loop_.forget_turn_end(*this);
    // A connection that just breaks off spoils no session (RFC 5246 7.2.1).
    if (ssl_) SSL_set_shutdown(ssl_.get(), SSL_SENT_SHUTDOWN | SSL_RECEIVED_SHUTDOWN);
}

void TlsStream::start(base::StreamEvents& events) {
    const bool first = std::exchange(events_, &events) == nullptr;
    if (!first) return;
    lower_->start(*this);
    if (plain_answer_ != nullptr) return;
    const CleanErrors clean;
    (void)SSL_do_handshake(ssl_.get());  // it can only want to read now
    flush();
}

// ---- What the peer sends

void TlsStream::on_bytes(std::string_view bytes) {
    if (phase_ == Phase::refused || phase_ == Phase::broken || peer_ended_) return;
    if (phase_ == Phase::handshake && ending_ && early_.empty()) return;
    if (paused_ || !held_.empty()) {
        held_ += bytes;
        return;
    }
    (void)pump(bytes);
}

void TlsStream::turn_ended() {
    turn_end_asked_ = false;
    if (paused_) return;
    std::string bytes = std::exchange(held_, {});
    if (!pump(bytes)) return;
    if (lower_ended_ && held_.empty()) on_end();
}

void TlsStream::begin_handshake() {
    ssl_.reset(SSL_new(context_.get()));
    if (!ssl_) std::abort();  // out of memory
    context_.reset();
    attach(ssl_.get(), wire_);
    SSL_set_accept_state(ssl_.get());
}

bool TlsStream::pump(std::string_view bytes) {
    std::string hello;
    if (phase_ == Phase::handshake) {
        const bool beginning = !std::exchange(any_bytes_, true);
        const char first = bytes.empty() ? kHandshake : bytes.front();
        if (!ssl_) {
            if (beginning && first != kHandshake) {
                refuse_plain(first);
                return true;
            }
            hello_ += bytes;
            if (!is_whole_record(hello_)) return true;
            hello = std::exchange(hello_, {});
            bytes = hello;
            begin_handshake();
        } else if (beginning && first != kHandshake && first != kAlert) {
            return tell_broken(lost("the server does not speak TLS on this port"));
        }
    }
    const CleanErrors clean;
    wire_.in = bytes;
    if (phase_ == Phase::handshake && !shake_hands()) return false;
    bool more = phase_ == Phase::open;
    while (more && !paused_ && !peer_ended_) {
        if (!read_record(more)) return false;
    }
    // Not read: it is the owner who paused.
    if (paused_ && phase_ == Phase::open) held_.assign(wire_.in);
    wire_.in = {};
    if (phase_ == Phase::open || phase_ == Phase::handshake) flush();
    return true;
}

bool TlsStream::shake_hands() {
    const int result = SSL_do_handshake(ssl_.get());
    if (result == 1) {
        flush();
        return secured();
    }
    if (SSL_get_error(ssl_.get(), result) == SSL_ERROR_WANT_READ) return true;
    return fail("the handshake failed");
}

bool TlsStream::secured() {
    phase_ = Phase::open;
    timeout_.disarm();
    const std::string early = std::exchange(early_, {});
    if (!early.empty()) seal(early);
    if (ending_) {
        SSL_shutdown(ssl_.get());
        flush();
        lower_->end();
    }
    if (base::Waiter* told = std::exchange(secured_, nullptr)) {
        return tell([told] { told->ring(); });
    }
    if (!early.empty() && lower_->unsent() == 0) return tell([this] { events_->on_drained(); });
    return true;
}

bool TlsStream::read_record(bool& more) {
    std::array<char, kRecordBytesMax> record;
    std::size_t count = 0;
    ERR_clear_error();
    const int result = SSL_read_ex(ssl_.get(), record.data(), record.size(), &count);
    if (result == 1) {
        return tell([&] { events_->on_bytes({record.data(), count}); });
    }
    more = false;
    switch (SSL_get_error(ssl_.get(), result)) {
        case SSL_ERROR_WANT_READ: return true;
        case SSL_ERROR_ZERO_RETURN:
            peer_ended_ = true;
            return tell([this] { events_->on_end(); });
        default: return fail("the connection is broken");
    }
}

void TlsStream::on_end() {
    lower_ended_ = true;
    if (!held_.empty() || peer_ended_ || phase_ == Phase::broken) return;
    if (phase_ == Phase::refused) {
        (void)tell_broken(Error(*refusal_));
    } else if (phase_ == Phase::handshake) {
        (void)tell_broken(lost("the peer hung up during the handshake"));
    } else {
        (void)tell_broken(lost("the peer ended without close_notify"));
    }
}

void TlsStream::on_broken(const Error& error) {
    (void)tell_broken(phase_ == Phase::refused ? Error(*refusal_) : error);
}

// ---- What goes wrong

bool TlsStream::fail(const char* otherwise) {
    const long verified = SSL_get_verify_result(ssl_.get());
    std::string why = take_reason(otherwise);
    if (verified != X509_V_OK && SSL_get_verify_mode(ssl_.get()) != SSL_VERIFY_NONE) {
        why += std::string(": ") + X509_verify_cert_error_string(verified);
    }
    flush();  // the alert that tells the peer
    if (plain_answer_ != nullptr && phase_ == Phase::handshake) {
        refuse(Error(ErrorCode::protocol_error, "TLS: " + why));
        return true;
    }
    return tell_broken(lost(why));
}

// A close at once would reset the connection, and the peer would not read what it was told.
void TlsStream::refuse(Error error) {
    phase_ = Phase::refused;
    refusal_ = std::make_unique<Error>(std::move(error));
    context_.reset();
    early_.clear();
    lower_->end();
    lower_->resume();
    timeout_.arm(loop_.timers(), loop_.now() + kLingerTimeout);
}

void TlsStream::refuse_plain(char first) {
    if (first >= 'A' && first <= 'Z') lower_->write(*plain_answer_);
    refuse(Error(ErrorCode::protocol_error, "the peer speaks no TLS"));
}

void TlsStream::timed_out() {
    (void)tell_broken(phase_ == Phase::refused ? Error(*refusal_)
                                               : lost("the handshake timed out"));
}

bool TlsStream::tell_broken(const Error& error) {
    if (phase_ == Phase::broken) return true;
    phase_ = Phase::broken;
    timeout_.disarm();
    wire_.in = {};
    held_.clear();
    return tell([&] { events_->on_broken(error); });
}

template <class Tell>
bool TlsStream::tell(Tell tell) {
    bool destroyed = false;
    bool* const before = std::exchange(destroyed_, &destroyed);
    tell();
    if (destroyed) {
        if (before != nullptr) *before = true;
        return false;
    }
    destroyed_ = before;
    return true;
}

// ---- What we send

void TlsStream::write(std::string_view bytes) {
    if (bytes.empty() || ending_) return;
    if (phase_ == Phase::handshake) {
        early_ += bytes;
    } else if (phase_ == Phase::open) {
        const CleanErrors clean;
        seal(bytes);
    }
}

void TlsStream::seal(std::string_view bytes) {
    while (!bytes.empty()) {
        const std::string_view piece = bytes.substr(0, kSealedBytesMax);
        std::size_t count = 0;
        // The wire takes everything and renegotiation is off, so this fails only for a stream that
        // has failed already and says so by on_broken.
        if (SSL_write_ex(ssl_.get(), piece.data(), piece.size(), &count) != 1) break;
        flush();
        bytes.remove_prefix(count);
    }
}

void TlsStream::flush() {
    if (wire_.out.empty()) return;
    lower_->write(wire_.out);
    wire_.out.clear();
    if (wire_.out.capacity() > kKeptBufferBytes) wire_.out.shrink_to_fit();
}

void TlsStream::on_drained() {
    if (phase_ == Phase::open) (void)tell([this] { events_->on_drained(); });
}

void TlsStream::pause() {
    paused_ = true;
    lower_->pause();
}

void TlsStream::pause_unwatched() {
    paused_ = true;
    lower_->pause_unwatched();
}

void TlsStream::resume() {
    if (!paused_) return;
    paused_ = false;
    lower_->resume();
    if (held_.empty() || turn_end_asked_) return;
    turn_end_asked_ = true;
    loop_.at_turn_end(*this);
}

void TlsStream::end() {
    if (ending_) return;
    ending_ = true;
    if (phase_ == Phase::handshake && !early_.empty()) return;  // after it
    if (phase_ == Phase::open) {
        const CleanErrors clean;
        SSL_shutdown(ssl_.get());
        flush();
    }
    if (phase_ != Phase::refused) lower_->end();
}

}  // namespace tidewire::net::tls
