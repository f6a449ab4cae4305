// TLS streams over pipes in memory: how the handshake ends, and what goes through.
#include <catch2/catch.hpp>

#include <memory>
#include <optional>
#include <string>

#include "net/tls/client.hpp"
#include "net/tls/server.hpp"
#include "support/certificates.hpp"
#include "support/sim_runtime.hpp"

using namespace tidewire;
using namespace std::chrono_literals;
using testing::SimLoop;
using testing::SimPeer;
using testing::SimStream;

namespace {

const std::string kPlainAnswer = "HTTP/1.1 400 Bad Request\r\n\r\n";

// An end of a TLS connection that collects what it is told.
struct TlsEnd : private base::StreamEvents {
    explicit TlsEnd(std::unique_ptr<base::ByteStream> given) : stream(std::move(given)) {
        stream->start(*this);
    }
    void on_bytes(std::string_view bytes) override {
        received += bytes;
        if (destroy_on_bytes) stream.reset();
        if (pause_on_bytes) stream->pause();
    }
    void on_end() override { ended = true; }
    void on_drained() override { ++drained; }
    void on_broken(const Error& error) override { broken = error; }

    std::unique_ptr<base::ByteStream> stream;
    std::string received;
    std::optional<Error> broken;
    int drained = 0;
    bool ended = false;
    bool destroy_on_bytes = false;
    bool pause_on_bytes = false;
};

// A TLS server on port 443 of a simulated loop, and clients of it.
struct TlsWorld : private base::AcceptEvents {
    explicit TlsWorld(const Tls& options = testing::server_tls())
        : server(net::tls::Server::make(options).value()) {
        acceptor = std::move(*loop.listen({"h", 443, false}, *this));
    }
    void on_accepted(std::unique_ptr<base::ByteStream> stream) override {
        lower = static_cast<SimStream*>(stream.get());
        lower->bytes_per_turn = bytes_per_turn;
        accepted = std::make_unique<TlsEnd>(
            server->accept(loop, std::move(stream), 10s, kPlainAnswer));
    }
    // Makes `dialed`, or gives the error.
    Result<void> dial(const ClientTls& options = testing::trusting_tls(),
                      const std::string& host = "localhost") {
        dialed.reset();
        client = net::tls::Client::make(options, host).value();
        std::optional<Result<void>> result;
        dialing = client->dial(loop, host, 443, 10s, [&](auto stream) {
            if (stream) {
                dialed = std::make_unique<TlsEnd>(std::move(*stream));
                result.emplace();
            } else {
                result.emplace(stream.error());
            }
        });
        loop.advance(11s);
        dialing.reset();
        REQUIRE(result);
        return *result;
    }
    void connect() { REQUIRE(dial()); }
    // A peer that speaks as the test says.
    SimPeer raw_peer() {
        auto [ours, theirs] = SimStream::pair(loop);
        on_accepted(std::move(theirs));
        return SimPeer(std::move(ours));
    }
    SimLoop loop;
    std::shared_ptr<net::tls::Server> server;
    std::shared_ptr<net::tls::Client> client;
    std::unique_ptr<base::Acceptor> acceptor;
    std::unique_ptr<base::Dialing> dialing;
    std::size_t bytes_per_turn = SIZE_MAX;
    SimStream* lower = nullptr;
    std::unique_ptr<TlsEnd> accepted;
    std::unique_ptr<TlsEnd> dialed;
};

std::string refusal(TlsWorld& world, const ClientTls& options = testing::trusting_tls(),
                    const std::string& host = "localhost") {
    const auto result = world.dial(options, host);
    REQUIRE_FALSE(result);
    REQUIRE(result.error().code() == ErrorCode::unavailable);
    return std::string(result.error().message());
}

}  // namespace

TEST_CASE("bytes go both ways through TLS, however they are cut", "[tls]") {
    const std::size_t piece = GENERATE(SIZE_MAX, 1000, 7);
    TlsWorld world;
    world.bytes_per_turn = piece;
    world.connect();
    const std::string large(piece == 7 ? 5'000 : 300'000, 'x');
    world.dialed->stream->write("hello");
    world.accepted->stream->write(large);
    world.loop.run();
    REQUIRE(world.accepted->received == "hello");
    REQUIRE(world.dialed->received == large);
    REQUIRE(world.accepted->stream->unsent() == 0);
    REQUIRE(world.accepted->drained > 0);
}

TEST_CASE("a certificate is verified by CA, time and name", "[tls]") {
    using Catch::Contains;
    SECTION("trusted") {
        TlsWorld world;
        REQUIRE(world.dial());
        REQUIRE(world.dial(testing::trusting_tls(), "127.0.0.1"));
        REQUIRE(world.dial(testing::trusting_tls(), "::1"));
        auto named = testing::trusting_tls();
        named.server_name = "api.example.com";
        REQUIRE(world.dial(named, "203.0.113.7"));
    }
    SECTION("another name") {
        TlsWorld world(testing::server_tls("other_host"));
        REQUIRE_THAT(refusal(world), Contains("hostname mismatch"));
        REQUIRE_THAT(refusal(world, testing::trusting_tls(), "127.0.0.1"),
                     Contains("IP address mismatch"));
        REQUIRE(world.dial({.verify = false}));
    }
    SECTION("expired") {
        TlsWorld world(testing::server_tls("expired"));
        REQUIRE_THAT(refusal(world), Contains("certificate has expired"));
    }
    SECTION("of a CA that is not trusted") {
        TlsWorld world(testing::server_tls("stranger"));
        REQUIRE_THAT(refusal(world), Contains("unable to get local issuer"));
        REQUIRE_THAT(refusal(world, {}), Contains("certificate verify failed"));
        REQUIRE(world.accepted->broken->code() == ErrorCode::protocol_error);
        REQUIRE_THAT(std::string(world.accepted->broken->message()), Contains("alert"));
    }
    SECTION("signed by itself") {
        TlsWorld world(testing::server_tls("self_signed"));
        REQUIRE_THAT(refusal(world), Contains("self-signed certificate"));
        REQUIRE(world.dial({.ca = testing::certificate_file("self_signed.pem")}));
    }
}

TEST_CASE("a server that asks for certificates takes those of its CA only", "[tls]") {
    auto options = testing::server_tls();
    options.client_ca = testing::certificate_text("ca.pem");
    TlsWorld world(options);
    const auto told = [&](const std::string& cert) {
        auto client = testing::trusting_tls();
        if (!cert.empty()) client.cert = testing::certificate_text(cert + ".pem");
        if (!cert.empty()) client.key = testing::certificate_text(cert + ".key");
        // TLS 1.3 asks for nothing more of the client before it is done: it learns it later.
        REQUIRE(world.dial(client));
        return world.dialed->broken ? std::string(world.dialed->broken->message()) : "";
    };
    REQUIRE(told("client").empty());
    REQUIRE(world.accepted->stream->ready());
    REQUIRE_THAT(told(""), Catch::Contains("certificate required"));
    REQUIRE_THAT(told("stranger"), Catch::Contains("unknown ca"));
}

TEST_CASE("an end with close_notify is an end, one without is a break", "[tls]") {
    TlsWorld world;
    world.connect();
    world.dialed->stream->write("last");
    SECTION("said") {
        world.dialed->stream->end();
        world.loop.run();
        REQUIRE(world.accepted->received == "last");
        REQUIRE(world.accepted->ended);
        REQUIRE_FALSE(world.accepted->broken);
        // The other direction is open still.
        world.accepted->stream->write("answer");
        world.loop.run();
        REQUIRE(world.dialed->received == "answer");
    }
    SECTION("cut off") {
        world.loop.run();
        world.dialed->stream.reset();
        world.loop.run();
        REQUIRE(world.accepted->received == "last");
        REQUIRE_FALSE(world.accepted->ended);
        REQUIRE(world.accepted->broken->code() == ErrorCode::connection_lost);
        REQUIRE_THAT(std::string(world.accepted->broken->message()),
                     Catch::Contains("close_notify"));
    }
}

TEST_CASE("who pauses is told nothing until it resumes", "[tls]") {
    TlsWorld world;
    world.connect();
    world.accepted->pause_on_bytes = true;
    world.dialed->stream->write("one");
    world.dialed->stream->write("two");
    world.dialed->stream->end();
    world.loop.run();
    REQUIRE(world.accepted->received == "one");
    world.accepted->stream->resume();
    REQUIRE(world.accepted->received == "one");  // not from inside the call
    world.loop.run();
    REQUIRE(world.accepted->received == "onetwo");
    REQUIRE_FALSE(world.accepted->ended);
    world.accepted->stream->resume();
    world.loop.run();
    REQUIRE(world.accepted->ended);
}

TEST_CASE("a TLS stream may be destroyed from inside its callback", "[tls]") {
    TlsWorld world;
    world.connect();
    world.accepted->destroy_on_bytes = true;
    world.dialed->stream->write("one");
    world.dialed->stream->write("two");
    world.loop.run();
    REQUIRE(world.accepted->received == "one");
    REQUIRE(world.dialed->broken);
}

TEST_CASE("a peer that speaks plain HTTP is told so, any other is not", "[tls]") {
    TlsWorld world;
    auto peer = world.raw_peer();
    const bool http = GENERATE(true, false);
    peer.send(http ? "GET / HTTP/1.1\r\n\r\n" : std::string("\x80\x00\x01noise", 8));
    world.loop.run();
    REQUIRE(peer.received == (http ? kPlainAnswer : ""));
    REQUIRE(peer.ended);
    REQUIRE_FALSE(world.accepted->broken);  // lingers, so that the answer is not lost
    peer.send("more");
    peer.stream->end();
    world.loop.run();
    REQUIRE(world.accepted->broken->code() == ErrorCode::protocol_error);
}

TEST_CASE("a record that is none ends the handshake with an alert", "[tls]") {
    TlsWorld world;
    auto peer = world.raw_peer();
    peer.send(std::string("\x16\x03\x01\x00\x04\x63\x00\x00\x00", 9));
    world.loop.run();
    REQUIRE(peer.received.starts_with('\x15'));
    REQUIRE(peer.ended);
    world.loop.advance(3s);
    REQUIRE(world.accepted->broken->code() == ErrorCode::protocol_error);
}

TEST_CASE("a handshake that stops is ended by its time limit", "[tls]") {
    TlsWorld world;
    auto peer = world.raw_peer();
    const bool silent = GENERATE(true, false);
    if (!silent) peer.send(std::string("\x16\x03\x01", 3));
    world.loop.advance(9s);
    REQUIRE_FALSE(world.accepted->broken);
    REQUIRE_FALSE(world.accepted->stream->ready());
    world.loop.advance(2s);
    REQUIRE(world.accepted->broken->code() == ErrorCode::connection_lost);
    REQUIRE_THAT(std::string(world.accepted->broken->message()), Catch::Contains("timed out"));
}

namespace {

// Accepts on port 443, and says what the test says.
struct MuteServer : private base::AcceptEvents {
    explicit MuteServer(SimLoop& loop)
        : acceptor(std::move(*loop.listen({"h", 443, false}, *this))) {}
    void on_accepted(std::unique_ptr<base::ByteStream> stream) override {
        peer = std::make_unique<SimPeer>(std::move(stream));
        if (!says.empty()) peer->send(says);
    }
    std::unique_ptr<base::Acceptor> acceptor;
    std::unique_ptr<SimPeer> peer;
    std::string says;
};

}  // namespace

TEST_CASE("a client gives up on a server that shakes no hands", "[tls]") {
    SimLoop loop;
    MuteServer mute(loop);
    const auto client = net::tls::Client::make(testing::trusting_tls(), "localhost").value();
    std::optional<Error> error;
    const auto dialing =
        client->dial(loop, "localhost", 443, 10s, [&](auto stream) { error = stream.error(); });
    SECTION("silent") {
        loop.advance(9s);
        REQUIRE_FALSE(error);
        loop.advance(2s);
        REQUIRE(error->message() == "TLS handshake with localhost:443: timed out");
    }
    SECTION("of plain HTTP") {
        mute.says = "HTTP/1.1 400 Bad Request\r\n\r\n";
        loop.run();
        REQUIRE_THAT(std::string(error->message()), Catch::Contains("does not speak TLS"));
    }
    SECTION("that hangs up") {
        loop.run();
        mute.peer.reset();
        loop.run();
        REQUIRE_THAT(std::string(error->message()), Catch::Contains("hung up"));
    }
    REQUIRE(error->code() == ErrorCode::unavailable);
}

TEST_CASE("certificates and keys that are none are refused with the reason", "[tls]") {
    const auto file = &testing::certificate_file;
    const auto refused = [](const Tls& options) {
        const auto made = net::tls::Server::make(options);
        REQUIRE_FALSE(made);
        REQUIRE(made.error().code() == ErrorCode::invalid_argument);
        return std::string(made.error().message());
    };
    using Catch::Contains;
    const std::string cert = file("server.pem");
    REQUIRE_THAT(refused({}), Contains("tls.cert: a server needs a certificate"));
    REQUIRE_THAT(refused({"/none.pem", cert}), Contains("tls.cert: /none.pem: No such file"));
    REQUIRE_THAT(refused({"/tmp", cert}), Contains("Is a directory"));
    REQUIRE_THAT(refused({std::string("a\0b", 3), cert}), Contains("neither PEM nor the name"));
    REQUIRE_THAT(refused({file("server.key"), cert}), Contains("no certificate in it"));
    REQUIRE_THAT(refused({cert, cert}), Contains("tls.key: there is no private key in it"));
    REQUIRE_THAT(refused({cert}), Contains("there is no private key in it"));
    REQUIRE_THAT(refused({cert, file("client.key")}), Contains("does not belong"));
    REQUIRE_THAT(refused({cert, file("encrypted.key")}), Contains("is encrypted"));
    REQUIRE_THAT(refused({cert, file("server.key"), "/none.pem"}), Contains("tls.client_ca"));
    std::string broken = testing::certificate_text("server.pem");
    broken.replace(40, 10, "!!!!!!!!!!");
    REQUIRE_THAT(refused({broken, file("server.key")}), Contains("not a certificate in PEM"));
    // Both in one text.
    const auto both = testing::certificate_text("server.pem") +
                      testing::certificate_text("server.key");
    REQUIRE(net::tls::Server::make({.cert = both}));

    REQUIRE(net::tls::Client::make({.ca = "/none.pem"}, "h").error().code() ==
            ErrorCode::invalid_argument);
    REQUIRE_FALSE(net::tls::Client::make({.key = file("client.key")}, "h"));
    REQUIRE_FALSE(net::tls::Client::make({.server_name = "a b"}, "h"));
}

TEST_CASE("reloaded certificates serve the handshakes that follow", "[tls]") {
    TlsWorld world(testing::server_tls("expired"));
    REQUIRE_FALSE(world.dial());
    REQUIRE_FALSE(world.server->reload({"/none.pem", "/none.key"}));
    REQUIRE_FALSE(world.dial());
    REQUIRE(world.server->reload(testing::server_tls()));
    REQUIRE(world.dial());
}
