#include "net/tls/client.hpp"

#include <openssl/x509v3.h>

#include <cstdlib>
#include <string_view>
#include <utility>

#include "net/tls/context.hpp"
#include "net/tls/stream.hpp"

namespace tidewire::net::tls {
namespace {

// A server gives two with each handshake; a client that opens more connections at once makes the
// rest of them anew.
constexpr std::size_t kSessionsMax = 8;

bool is_address(const std::string& name) {
    const std::unique_ptr<ASN1_OCTET_STRING, Freed<&ASN1_OCTET_STRING_free>> address(
        a2i_IPADDRESS(name.c_str()));
    ERR_clear_error();
    return address != nullptr;
}

// What SNI and certificates can bear; empty is none.
bool is_name(std::string_view name) {
    constexpr std::string_view kAllowed =
        "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_.:";
    return name.size() <= 255 && name.find_first_not_of(kAllowed) == std::string_view::npos;
}

// A connection that is being made: the TCP part, then the handshake.
class TlsDialing final : public base::Dialing, private base::StreamEvents {
public:
    using Done = Function<void(Result<std::unique_ptr<base::ByteStream>>)>;
    TlsDialing(Client& client, base::Loop& loop, const std::string& host, std::uint16_t port,
               std::chrono::milliseconds timeout, Done done)
        : client_(client),
          loop_(loop),
          where_(host + ":" + std::to_string(port)),
          done_(std::move(done)) {
        timeout_.arm(loop_.timers(), loop_.now() + timeout);
        dialing_ = loop_.dial(host, port, timeout, [this](auto stream) {
            connected(std::move(stream));
        });
    }

private:
    void connected(Result<std::unique_ptr<base::ByteStream>> stream) {
        if (!stream) {
            finish(stream.error());
            return;
        }
        stream_ = std::make_unique<TlsStream>(loop_, std::move(*stream), client_.new_ssl(),
                                              on_secured_);
        stream_->start(*this);
    }
    void secured() { finish(std::unique_ptr<base::ByteStream>(std::move(stream_))); }
    void timed_out() { failed("timed out"); }
    void failed(std::string_view why) {
        finish(Error(ErrorCode::unavailable,
                     "TLS handshake with " + where_ + ": " + std::string(why)));
    }
    // The last thing a call does: the owner may destroy this inside it.
    void finish(Result<std::unique_ptr<base::ByteStream>> result) {
        timeout_.disarm();
        auto done = std::move(done_);
        done(std::move(result));
    }

    // No record is told before secured() has handed the stream on.
    void on_bytes(std::string_view) override {}
    void on_end() override {}
    void on_drained() override {}
    void on_broken(const Error& error) override {
        constexpr std::string_view kPrefix = "TLS: ";
        std::string_view why = error.message();
        if (why.starts_with(kPrefix)) why.remove_prefix(kPrefix.size());
        failed(why);
    }

    Client& client_;
    base::Loop& loop_;
    const std::string where_;
    Done done_;
    std::unique_ptr<base::Dialing> dialing_;
    base::MemberWaiter<&TlsDialing::secured> on_secured_{*this};
    std::unique_ptr<TlsStream> stream_;
    base::MemberWaiter<&TlsDialing::timed_out> on_timeout_{*this};
    base::Timer timeout_{on_timeout_};
};

}  // namespace

Result<std::shared_ptr<Client>> Client::make(const ClientTls& options, const std::string& host) {
    if (!is_name(options.server_name)) {
        return Error(ErrorCode::invalid_argument, "tls.server_name is a host name or an address");
    }
    auto context = client_context(options);
    if (!context) return context.error();
    return std::make_shared<Client>(std::move(*context),
                                    options.server_name.empty() ? host : options.server_name,
                                    options.verify);
}

Client::Client(ContextPtr context, std::string name, bool verify)
    : context_(std::move(context)), name_(std::move(name)), verify_(verify) {
    SSL_CTX_set_app_data(context_.get(), this);
    SSL_CTX_set_session_cache_mode(context_.get(),
                                   SSL_SESS_CACHE_CLIENT | SSL_SESS_CACHE_NO_INTERNAL);
    SSL_CTX_sess_set_new_cb(context_.get(), &Client::keep_session);
}

int Client::keep_session(SSL* ssl, SSL_SESSION* session) {
    auto* client = static_cast<Client*>(SSL_CTX_get_app_data(SSL_get_SSL_CTX(ssl)));
    auto& sessions = client->sessions_;
    if (sessions.size() == kSessionsMax) sessions.erase(sessions.begin());
    sessions.emplace_back(session);
    return 1;  // the reference is ours now
}

SslPtr Client::new_ssl() {
    const CleanErrors clean;
    SslPtr ssl(SSL_new(context_.get()));
    if (!ssl) std::abort();  // out of memory
    SSL_set_connect_state(ssl.get());
    const bool address = is_address(name_);
    if (!address) SSL_set_tlsext_host_name(ssl.get(), name_.c_str());
    if (verify_) {
        // Names as RFC 6125 compares them, and no "f*.example.com" (6.4.3).
        X509_VERIFY_PARAM* wanted = SSL_get0_param(ssl.get());
        X509_VERIFY_PARAM_set_hostflags(wanted, X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS);
        const int set = address ? X509_VERIFY_PARAM_set1_ip_asc(wanted, name_.c_str())
                                : X509_VERIFY_PARAM_set1_host(wanted, name_.c_str(), 0);
        if (set != 1) std::abort();  // out of memory; without a name any certificate would do
    }
    if (!sessions_.empty()) {
        SSL_SESSION* newest = sessions_.back().get();
        SSL_set_session(ssl.get(), newest);
        // A ticket of TLS 1.3 is for one connection, so that nobody can tell that two are of the
        // same client (RFC 8446 C.4). TLS 1.2 gives a new one only with a new session.
        if (SSL_SESSION_get_protocol_version(newest) >= TLS1_3_VERSION) sessions_.pop_back();
    }
    return ssl;
}

std::unique_ptr<base::Dialing> Client::dial(
    base::Loop& loop, const std::string& host, std::uint16_t port,
    std::chrono::milliseconds timeout,
    Function<void(Result<std::unique_ptr<base::ByteStream>>)> done) {
    return std::make_unique<TlsDialing>(*this, loop, host, port, timeout, std::move(done));
}

}  // namespace tidewire::net::tls
