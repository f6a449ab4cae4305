// raw_epoll: the least work a server can do for an HTTP request, as the yardstick.
//
// One thread and one epoll set. It parses nothing: it counts the empty lines that end requests and
// answers each with the same bytes, all answers to one receive in one send. No timers, no routes,
// no limits, no headers read. What a real server costs beyond this is what HTTP costs it.
#include <array>
#include <cerrno>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <string>
#include <vector>

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

namespace {

constexpr char kResponse[] =
    "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 17\r\n\r\n"
    R"({"hello":"world"})";
constexpr std::size_t kResponseBytes = sizeof kResponse - 1;
constexpr std::size_t kInputBytes = 64 * 1024;
constexpr std::size_t kAnswersMax = kInputBytes / 4;  // an empty line has four bytes

// How many bytes of the end of a request ("\r\n\r\n") each connection has seen so far.
std::vector<std::uint8_t> seen_by_socket(1024);

// Counts the ends of requests in `bytes`; `seen` carries a partial end from one receive to the
// next.
std::size_t count_ends(const char* bytes, std::size_t size, std::uint8_t& seen) {
    std::size_t ends = 0;
    std::size_t at = 0;
    while (at < size) {
        if (seen == 0) {
            const auto* found = static_cast<const char*>(std::memchr(bytes + at, '\r', size - at));
            if (found == nullptr) return ends;
            at = static_cast<std::size_t>(found - bytes) + 1;
            seen = 1;
            continue;
        }
        const char wanted = (seen % 2 == 0) ? '\r' : '\n';
        if (bytes[at] == wanted) {
            ++seen;
            ++at;
        } else {
            seen = 0;  // the byte is looked at again as a possible first one
        }
        if (seen == 4) {
            ++ends;
            seen = 0;
        }
    }
    return ends;
}

int listen_on(std::uint16_t port) {
    const int listener = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    const int on = 1;
    setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(port);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    if (bind(listener, reinterpret_cast<sockaddr*>(&address), sizeof address) != 0 ||
        listen(listener, 1024) != 0) {
        std::perror("raw_epoll: listen");
        std::exit(1);
    }
    return listener;
}

void accept_one(int epoll, int listener) {
    const int socket = accept4(listener, nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC);
    if (socket < 0) return;
    const int on = 1;
    setsockopt(socket, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    if (static_cast<std::size_t>(socket) >= seen_by_socket.size()) {
        seen_by_socket.resize(static_cast<std::size_t>(socket) * 2);
    }
    seen_by_socket[static_cast<std::size_t>(socket)] = 0;
    epoll_event event{};
    event.events = EPOLLIN;
    event.data.fd = socket;
    epoll_ctl(epoll, EPOLL_CTL_ADD, socket, &event);
}

void serve(int socket, std::vector<char>& input, const std::string& answers) {
    const auto got = recv(socket, input.data(), input.size(), 0);
    if (got < 0 && errno == EAGAIN) return;
    if (got <= 0) {
        close(socket);
        return;
    }
    auto& seen = seen_by_socket[static_cast<std::size_t>(socket)];
    const std::size_t ends = count_ends(input.data(), static_cast<std::size_t>(got), seen);
    if (ends == 0) return;
    const std::size_t bytes = ends * kResponseBytes;
    // A peer that does not read its answers is not served any further: this is a yardstick.
    if (send(socket, answers.data(), bytes, MSG_NOSIGNAL) != static_cast<ssize_t>(bytes)) {
        close(socket);
    }
}

}  // namespace

int main(int count, char** words) {
    if (count != 2) {
        std::fputs("usage: raw_epoll PORT\n", stderr);
        return 2;
    }
    const int listener = listen_on(static_cast<std::uint16_t>(std::atoi(words[1])));
    const int epoll = epoll_create1(EPOLL_CLOEXEC);
    epoll_event event{};
    event.events = EPOLLIN;
    event.data.fd = listener;
    epoll_ctl(epoll, EPOLL_CTL_ADD, listener, &event);

    std::vector<char> input(kInputBytes);
    std::string answers;
    answers.reserve(kAnswersMax * kResponseBytes);
    for (std::size_t i = 0; i < kAnswersMax; ++i) answers.append(kResponse, kResponseBytes);

    std::array<epoll_event, 256> events;
    for (;;) {
        const int ready = epoll_wait(epoll, events.data(), static_cast<int>(events.size()), -1);
        for (int i = 0; i < ready; ++i) {
            const int socket = events[static_cast<std::size_t>(i)].data.fd;
            if (socket == listener) {
                accept_one(epoll, listener);
            } else {
                serve(socket, input, answers);
            }
        }
    }
}
