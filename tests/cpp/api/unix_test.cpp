// Servers and clients over Unix sockets.
#include <tidewire/tidewire.hpp>

#include <catch2/catch.hpp>

#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <cstdlib>
#include <fstream>
#include <string>
#include <vector>

#include "support/certificates.hpp"

using namespace tidewire;

namespace {

struct SocketFolder {
    SocketFolder() {
        char name[] = "/tmp/tidewire-unix-XXXXXX";
        path = ::mkdtemp(name);
    }
    ~SocketFolder() {
        ::unlink(file().c_str());
        ::rmdir(path.c_str());
    }
    SocketFolder(const SocketFolder&) = delete;
    SocketFolder& operator=(const SocketFolder&) = delete;
    [[nodiscard]] std::string file() const { return path + "/app.sock"; }
    [[nodiscard]] std::string url() const { return "unix:" + file(); }
    [[nodiscard]] bool there() const { return ::access(file().c_str(), F_OK) == 0; }
    std::string path;
};

Server unix_server(const SocketFolder& folder, std::size_t loops = 1) {
    Server server{{.address = folder.url(), .loops = loops}};
    server.get("/peer", [](const Request& request) {
        return Response::text(std::string(request.peer()));
    });
    server.method("add", [](const Value& args) {
        return Value(args["a"].as<int>().value_or(0) + args["b"].as<int>().value_or(0));
    });
    return server;
}

}  // namespace

TEST_CASE("a client calls over a Unix socket", "[unix]") {
    const SocketFolder folder;
    Server server = unix_server(folder);
    REQUIRE(server.url().empty());
    REQUIRE(server.start());
    REQUIRE(server.url() == folder.url());
    REQUIRE(server.port() == 0);
    auto client = connect(folder.url()).value();
    REQUIRE(client.url() == folder.url());
    REQUIRE(client.call("add", object({{"a", 1}, {"b", 2}})).wait().value() == Value(3));
    REQUIRE(client.request("GET", "/peer").wait().value().body == "unix");
    REQUIRE(server.stop());
    REQUIRE_FALSE(folder.there());
    REQUIRE(connect(folder.url()).error().code() == ErrorCode::unavailable);
}

TEST_CASE("several loops accept from one Unix socket", "[unix]") {
    const SocketFolder folder;
    Server server = unix_server(folder, 3);
    REQUIRE(server.start());
    std::vector<Client> clients;
    std::vector<Call<Value>> calls;
    for (int i = 0; i < 10; ++i) clients.push_back(connect(folder.url()).value());
    for (int i = 0; i < 300; ++i) {
        calls.push_back(clients[static_cast<std::size_t>(i) % clients.size()].call(
            "add", object({{"a", i}, {"b", 1}})));
    }
    for (int i = 0; i < 300; ++i) {
        REQUIRE(calls[static_cast<std::size_t>(i)].wait().value() == Value(i + 1));
    }
    REQUIRE(server.stop());
    REQUIRE_FALSE(folder.there());
}

TEST_CASE("a Unix socket that is in use is kept, one that was left is replaced", "[unix]") {
    const SocketFolder folder;
    Server first = unix_server(folder);
    REQUIRE(first.start());
    Server second = unix_server(folder);
    REQUIRE(second.start().error().code() == ErrorCode::unavailable);
    REQUIRE(connect(folder.url()));
    REQUIRE(first.stop());

    const int left = ::socket(AF_UNIX, SOCK_STREAM, 0);
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    folder.file().copy(address.sun_path, sizeof address.sun_path - 1);
    REQUIRE(::bind(left, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0);
    ::close(left);
    REQUIRE(folder.there());
    Server third = unix_server(folder);
    REQUIRE(third.start());
    REQUIRE(connect(folder.url()));
}

TEST_CASE("a file that is no socket is not touched", "[unix]") {
    const SocketFolder folder;
    std::ofstream(folder.file()) << "precious";
    Server server = unix_server(folder);
    REQUIRE_FALSE(server.start());
    std::string kept;
    std::ifstream(folder.file()) >> kept;
    REQUIRE(kept == "precious");
}

TEST_CASE("addresses of Unix sockets that cannot be are refused", "[unix]") {
    for (const std::string& address : {std::string("unix:"), std::string("unix:/"),
                                      std::string("unix:a.sock"),
                                      "unix:/" + std::string(107, 'a')}) {
        CAPTURE(address);
        Server server{{.address = address}};
        REQUIRE(server.start().error().code() == ErrorCode::invalid_argument);
        REQUIRE(Client::create(address).error().code() == ErrorCode::invalid_argument);
    }
    const SocketFolder folder;
    Server secure{{.address = folder.url(), .tls = testing::server_tls()}};
    REQUIRE(secure.start().error().code() == ErrorCode::invalid_argument);
    Server nowhere{{.address = "unix:/no/such/folder/a.sock"}};
    REQUIRE(nowhere.start().error().code() == ErrorCode::invalid_argument);
}
