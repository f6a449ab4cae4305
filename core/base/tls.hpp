// The waist for TLS: streams that encrypt what goes through another stream. `net` implements it
// over OpenSSL; whoever has one of these holds the certificates, and shares it between loops
// (TlsServer) or keeps it on one (TlsClient).
#pragma once

#include <chrono>
#include <memory>
#include <string>

#include "base/runtime.hpp"

namespace tidewire::base {

class TlsServer {
public:
    virtual ~TlsServer() = default;
    // A stream over `stream`, which was accepted. It is ready() after the handshake; one that fails
    // or is not done within `handshake_timeout` comes as on_broken: `protocol_error` when the peer
    // spoke no TLS or broke it, else `connection_lost`. `plain_answer` must outlive the stream: it
    // is sent to a peer that speaks plain HTTP.
    [[nodiscard]] virtual std::unique_ptr<ByteStream> accept(
        Loop& loop, std::unique_ptr<ByteStream> stream, std::chrono::milliseconds handshake_timeout,
        const std::string& plain_answer) = 0;
};

class TlsClient {
public:
    virtual ~TlsClient() = default;
    // Loop::dial() and the handshake, within `timeout`. A failed handshake is `unavailable`, with
    // the reason. Contract: `done` calls start() of the stream before it returns, and no Dialing
    // and no stream outlives this.
    [[nodiscard]] virtual std::unique_ptr<Dialing> dial(
        Loop& loop, const std::string& host, std::uint16_t port, std::chrono::milliseconds timeout,
        Function<void(Result<std::unique_ptr<ByteStream>>)> done) = 0;
};

}  // namespace tidewire::base
