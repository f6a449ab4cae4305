// A peer that resets its connection while an answer waits for it: the server lets go at once.
#include <catch2/catch.hpp>

#include <netinet/in.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <string>
#include <string_view>
#include <thread>

#include "http/server.hpp"
#include "net/loop.hpp"

using namespace tidewire;
using namespace std::chrono_literals;

namespace {

// More than the kernel takes for a peer that does not read.
constexpr std::size_t kAnswerBytes = 32 << 20;

class LargeAnswers final : public http::ExchangeHandler {
public:
    void on_exchange(http::Exchange& exchange) override {
        exchange.respond(Response::bytes(std::string(kAnswerBytes, 'x'), "a/b"));
    }
};

// What has come and is not read grows until the kernel takes no more from the server.
void await_standstill(int fd) {
    int before = -1;
    for (int same = 0; same < 20;) {
        std::this_thread::sleep_for(5ms);
        int now = 0;
        ::ioctl(fd, FIONREAD, &now);
        same = now == before && now > 0 ? same + 1 : 0;
        before = now;
    }
}

// Asks, and closes with all of the answer unread, which is a reset.
void ask_and_reset(std::uint16_t port) {
    const int fd = ::socket(AF_INET, SOCK_STREAM, 0);
    sockaddr_in to{};
    to.sin_family = AF_INET;
    to.sin_port = htons(port);
    to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    ::connect(fd, reinterpret_cast<const sockaddr*>(&to), sizeof to);
    constexpr std::string_view kRequest = "GET / HTTP/1.1\r\nHost: a\r\n\r\n";
    ::send(fd, kRequest.data(), kRequest.size(), 0);
    await_standstill(fd);
    ::close(fd);
}

// Stops the loop when the server has had a connection and has none left, or after ten seconds.
class UntilAlone {
public:
    UntilAlone(net::NetLoop& loop, http::Server& server) : loop_(loop), server_(server) { look(); }
    bool alone = false;

private:
    void look() {
        const auto& counters = server_.counters();
        alone = counters.connections_accepted.get() > 0 && counters.connections.get() == 0;
        if (alone || --looks_ == 0) return loop_.stop();
        timer_.arm(loop_.timers(), loop_.now() + 10ms);
    }
    net::NetLoop& loop_;
    http::Server& server_;
    int looks_ = 1000;
    base::MemberWaiter<&UntilAlone::look> on_look_{*this};
    base::Timer timer_{on_look_};
};

}  // namespace

TEST_CASE("a reset while an answer waits for its reader frees the connection") {
    net::NetLoop loop;
    LargeAnswers handler;
    http::Server server(loop, {}, handler);
    const auto port = server.listen({"127.0.0.1", 0, false}).value();
    UntilAlone until(loop, server);
    std::thread peer([port] { ask_and_reset(port); });
    loop.run();
    peer.join();
    CHECK(until.alone);
}
