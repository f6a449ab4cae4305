// Servers and clients over TLS on loopback.
#include <tidewire/tidewire.hpp>

#include <catch2/catch.hpp>

#include <arpa/inet.h>
#include <sys/socket.h>
#include <unistd.h>

#include <thread>
#include <vector>

#include "support/certificates.hpp"

using namespace tidewire;
using namespace std::chrono_literals;
using testing::server_tls;
using testing::trusting_tls;

namespace {

template <class Condition>
bool soon(Condition condition) {
    for (int i = 0; i < 2000; ++i) {
        if (condition()) return true;
        std::this_thread::sleep_for(5ms);
    }
    return false;
}

struct TlsApp {
    explicit TlsApp(ServerOptions options = {}) : server(filled(std::move(options))) {
        server.post("/echo", [](const Request& request) {
            return Response::bytes(std::string(request.body()), "application/octet-stream");
        });
        server.method("add", [](const Value& args) {
            return Value(args["a"].as<int>().value_or(0) + args["b"].as<int>().value_or(0));
        });
        server.method("throws", [](const Value&) -> Value { throw std::runtime_error("secret"); });
        server.method("never", [this](Value, Request, Reply reply) {
            kept.push_back(std::move(reply));
        });
    }
    static ServerOptions filled(ServerOptions options) {
        options.address = "127.0.0.1:0";
        if (!options.tls) options.tls = server_tls();
        return options;
    }
    [[nodiscard]] Client client(ClientTls tls = trusting_tls()) const {
        return connect(server.url(), {.tls = std::move(tls)}).value();
    }
    std::vector<Reply> kept;
    Server server;
};

// A connected socket of the test's own; -1 when nobody listens.
struct Socket {
    explicit Socket(std::uint16_t port) : fd(::socket(AF_INET, SOCK_STREAM, 0)) {
        sockaddr_in address{};
        address.sin_family = AF_INET;
        address.sin_port = htons(port);
        address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        const timeval patience{20, 0};
        ::setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
        if (::connect(fd, reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) {
            throw std::runtime_error("connect");
        }
    }
    ~Socket() { ::close(fd); }
    Socket(const Socket&) = delete;
    Socket& operator=(const Socket&) = delete;
    void send(std::string_view bytes) const { (void)::send(fd, bytes.data(), bytes.size(), 0); }
    // All until the peer closes.
    [[nodiscard]] std::string read_all() const {
        std::string all;
        char piece[4096];
        ssize_t count = 0;
        while ((count = ::recv(fd, piece, sizeof piece, 0)) > 0) {
            all.append(piece, static_cast<std::size_t>(count));
        }
        return all;
    }
    int fd;
};

}  // namespace

TEST_CASE("a client calls methods and routes over https", "[tls]") {
    TlsApp app;
    REQUIRE(app.server.start());
    REQUIRE(app.server.url().starts_with("https://127.0.0.1:"));
    auto client = app.client();
    REQUIRE(client.call("add", object({{"a", 1}, {"b", 2}})).wait().value() == Value(3));
    REQUIRE(client.call("throws").wait().error().code() == ErrorCode::internal);
    const std::string big(12'000'000, 'x');
    REQUIRE(client.request("POST", "/echo", {.body = big}).wait().value().body == big);
    REQUIRE(client.call("never", {}, {.timeout = 50ms}).wait().error().code() ==
            ErrorCode::timeout);
    auto cancelled = client.call("never");
    REQUIRE(soon([&] { return app.server.stats().requests == 5; }));
    cancelled.cancel();
    REQUIRE(cancelled.wait().error().code() == ErrorCode::cancelled);
    REQUIRE(soon([&] { return app.server.stats().requests_cancelled == 2; }));
    REQUIRE(client.call("add", object({{"a", 2}, {"b", 2}})).wait().value() == Value(4));
    // One more after each that was given up; the server may have answered the first deadline.
    REQUIRE(app.server.stats().connections_accepted <= 3);
    REQUIRE(app.server.stats().protocol_errors == 0);
    client.close();
    REQUIRE(soon([&] { return app.server.stats().connections == 0; }));
}

TEST_CASE("many calls at once over https on two loops", "[tls]") {
    TlsApp app({.loops = 2});
    REQUIRE(app.server.start());
    auto client = app.client();
    std::vector<Call<Value>> calls;
    for (int i = 0; i < 500; ++i) calls.push_back(client.call("add", object({{"a", i}, {"b", 1}})));
    for (int i = 0; i < 500; ++i) {
        REQUIRE(calls[static_cast<std::size_t>(i)].wait().value() == Value(i + 1));
    }
    REQUIRE(app.server.stop());
}

TEST_CASE("200 handshakes that stand still do not hinder a hundred requests", "[tls]") {
    TlsApp app({.limits = {.tls_handshake_timeout = 1s}});
    REQUIRE(app.server.start());
    std::vector<std::unique_ptr<Socket>> half;
    for (int i = 0; i < 200; ++i) {
        half.push_back(std::make_unique<Socket>(app.server.port()));
        if (i % 2 == 0) half.back()->send(std::string_view("\x16\x03\x01\x02\x00\x01", 6));
    }
    auto client = app.client();
    for (int i = 0; i < 100; ++i) {
        REQUIRE(client.call("add", object({{"a", i}, {"b", 1}})).wait().value() == Value(i + 1));
    }
    for (const auto& socket : half) REQUIRE(socket->read_all().empty());
    REQUIRE(soon([&] { return app.server.stats().connections == 1; }));
    REQUIRE(client.call("add", object({{"a", 1}, {"b", 1}})).wait().value() == Value(2));
}

TEST_CASE("plain HTTP on the port of TLS, and TLS on the port of plain HTTP", "[tls]") {
    TlsApp app;
    REQUIRE(app.server.start());
    const std::string port = std::to_string(app.server.port());
    const auto answer =
        connect("http://127.0.0.1:" + port).value().request("GET", "/").wait().value();
    REQUIRE(answer.status == 400);
    REQUIRE(answer.error().error().code() == ErrorCode::protocol_error);
    REQUIRE_THAT(answer.body, Catch::Contains("use https://"));
    REQUIRE(soon([&] { return app.server.stats().protocol_errors == 1; }));

    Server plain{{.address = "127.0.0.1:0"}};
    REQUIRE(plain.start());
    const auto refused = connect("https://127.0.0.1:" + std::to_string(plain.port()),
                                 {.tls = trusting_tls()});
    REQUIRE(refused.error().code() == ErrorCode::unavailable);
    REQUIRE_THAT(std::string(refused.error().message()),
                 Catch::Contains("does not speak TLS"));
}

TEST_CASE("a client's certificate and the server's are verified on sockets, too", "[tls]") {
    auto options = server_tls();
    options.client_ca = testing::certificate_file("ca.pem");
    TlsApp app({.tls = options});
    REQUIRE(app.server.start());
    auto own = trusting_tls();
    own.cert = testing::certificate_file("client.pem");
    own.key = testing::certificate_file("client.key");
    auto client = app.client(own);
    REQUIRE(client.call("add", object({{"a", 1}, {"b", 2}})).wait().value() == Value(3));
    const auto error = app.client().call("add").wait().error();
    REQUIRE(error.code() == ErrorCode::connection_lost);
    REQUIRE_THAT(std::string(error.message()), Catch::Contains("certificate required"));
    REQUIRE(connect(app.server.url()).error().code() == ErrorCode::unavailable);
}

TEST_CASE("one connection too many is closed before its handshake", "[tls]") {
    TlsApp app({.limits = {.connections_max = 1}});
    REQUIRE(app.server.start());
    auto client = app.client();
    REQUIRE(connect(app.server.url(), {.tls = trusting_tls()}).error().code() ==
            ErrorCode::unavailable);
    REQUIRE(client.call("add", object({{"a", 1}, {"b", 2}})).wait().value() == Value(3));
    REQUIRE(app.server.stats().connections_accepted == 2);
}

TEST_CASE("TLS options that do not fit are refused at the start", "[tls]") {
    TlsApp app({.tls = Tls{"/none.pem", "/none.key", {}}});
    REQUIRE(app.server.start().error().code() == ErrorCode::invalid_argument);
    REQUIRE(app.server.reload_tls(server_tls()).error().code() == ErrorCode::misuse);
    Server plain{{.address = "127.0.0.1:0"}};
    REQUIRE(plain.start());
    REQUIRE(plain.reload_tls(server_tls()).error().code() == ErrorCode::misuse);
    REQUIRE(Client::create(plain.url(), {.tls = trusting_tls()}).error().code() ==
            ErrorCode::invalid_argument);
    REQUIRE(Client::create("ftp://h:1").error().code() == ErrorCode::invalid_argument);
}
