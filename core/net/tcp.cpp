#include "net/tcp.hpp"

#include <arpa/inet.h>
#include <netinet/tcp.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>

#include "net/loop.hpp"

namespace tidewire::net {
namespace {

// A peer that always has more must not keep the loop from the others.
constexpr int kReadsPerTurn = 4;
// A buffer that grew for one large body is given back.
constexpr std::size_t kKeptBufferBytes = 65'536;

}  // namespace

SocketAddress SocketAddress::unix_socket(std::string_view path) {
    SocketAddress address;
    auto& un = reinterpret_cast<sockaddr_un&>(address.storage);
    un.sun_family = AF_UNIX;
    path.copy(un.sun_path, sizeof un.sun_path - 1);
    address.size = sizeof un;
    return address;
}

std::string SocketAddress::host() const {
    if (storage.ss_family == AF_UNIX) return "unix";
    std::array<char, INET6_ADDRSTRLEN> text{};
    const void* address = storage.ss_family == AF_INET6
                              ? static_cast<const void*>(
                                    &reinterpret_cast<const sockaddr_in6*>(&storage)->sin6_addr)
                              : &reinterpret_cast<const sockaddr_in*>(&storage)->sin_addr;
    return inet_ntop(storage.ss_family, address, text.data(), text.size()) == nullptr ? ""
                                                                                      : text.data();
}

std::string SocketAddress::host_and_port() const {
    if (storage.ss_family == AF_UNIX) return host();
    const std::string name = host();
    const std::string number = std::to_string(port());
    if (storage.ss_family == AF_INET6) return "[" + name + "]:" + number;
    return name + ":" + number;
}

std::uint16_t SocketAddress::port() const noexcept {
    // The port stands at the same place in both families.
    return ntohs(reinterpret_cast<const sockaddr_in*>(&storage)->sin_port);
}

TcpStream::TcpStream(NetLoop& loop, int fd, const SocketAddress& peer)
    : loop_(loop), fd_(fd), peer_address_(peer.host()), peer_(peer.host_and_port()) {
    const int on = 1;
    ::setsockopt(fd_, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    poll_ = make_uv_handle<uv_poll_t>(UV_POLL, this, [&](uv_poll_t* handle) {
        return uv_poll_init_socket(loop.uv(), handle, fd);
    });
}

TcpStream::~TcpStream() {
    if (destroyed_ != nullptr) *destroyed_ = true;
    poll_.reset();
    ::close(fd_);
}

void TcpStream::start(base::StreamEvents& events) {
    events_ = &events;
    watch();
}

int TcpStream::wanted_to_read() const noexcept {
    if (!paused_) return UV_READABLE | UV_DISCONNECT;
    return unwatched_ ? 0 : UV_DISCONNECT;
}

void TcpStream::watch() {
    int wanted = 0;
    if (!peer_ended_) wanted = wanted_to_read();
    if (unsent() > 0) wanted |= UV_WRITABLE;
    // A failed socket reports itself whatever is asked for; ask for something.
    if (error_ != 0 && !broken_) wanted |= UV_WRITABLE;
    if (broken_) wanted = 0;
    if (wanted == watched_ || !poll_) return;
    watched_ = wanted;
    if (wanted == 0) {
        uv_poll_stop(poll_.get());
        return;
    }
    uv_poll_start(poll_.get(), wanted, [](uv_poll_t* handle, int status, int events) {
        static_cast<TcpStream*>(handle->data)->on_poll(status, events);
    });
}

void TcpStream::on_poll(int status, int events) {
    if (status < 0) {
        failed();
        return;
    }
    if (error_ != 0) {
        (void)tell_broken("send", error_);
        return;
    }
    if ((events & UV_WRITABLE) != 0 && !flush()) return;
    if (peer_ended_) return;
    if (paused_) {
        if (!unwatched_ && (events & UV_DISCONNECT) != 0) (void)tell_broken("peer hung up", 0);
        return;
    }
    if ((events & (UV_READABLE | UV_DISCONNECT)) != 0) (void)read();
}

// The socket is over: a reset, mostly. libuv reports EPOLLERR as a status, and has stopped looking
// at the socket; what came before it may still be read.
void TcpStream::failed() {
    watched_ = 0;
    if (error_ == 0 && !peer_ended_ && !paused_ && !read()) return;
    int error = error_;
    socklen_t size = sizeof error;
    if (error == 0) ::getsockopt(fd_, SOL_SOCKET, SO_ERROR, &error, &size);
    (void)tell_broken("connection", error);
}

bool TcpStream::flush() {
    if (unsent() == 0) return true;
    sent_ += send_some(std::string_view(out_).substr(sent_));
    if (unsent() > 0) return true;
    sent_ = 0;
    out_.clear();
    if (out_.capacity() > kKeptBufferBytes) out_.shrink_to_fit();
    if (ending_) ::shutdown(fd_, SHUT_WR);
    watch();
    if (error_ != 0) return true;
    bool destroyed = false;
    destroyed_ = &destroyed;
    events_->on_drained();
    if (destroyed) return false;
    destroyed_ = nullptr;
    return true;
}

bool TcpStream::read() {
    bool destroyed = false;
    auto& buffer = loop_.read_buffer();
    for (int round = 0; round < kReadsPerTurn && !paused_ && !broken_; ++round) {
        const ssize_t count = ::recv(fd_, buffer.data(), buffer.size(), 0);
        if (count < 0) {
            if (errno == EAGAIN || errno == EINTR) return true;
            return tell_broken("receive", errno);
        }
        destroyed_ = &destroyed;
        if (count == 0) {
            peer_ended_ = true;
            watch();
            events_->on_end();
        } else {
            events_->on_bytes({buffer.data(), static_cast<std::size_t>(count)});
        }
        if (destroyed) return false;
        destroyed_ = nullptr;
        if (count == 0 || static_cast<std::size_t>(count) < buffer.size()) return true;
    }
    return true;
}

bool TcpStream::tell_broken(const char* what, int error) {
    if (broken_) return true;
    broken_ = true;
    watch();
    std::string text = what;
    if (error != 0) text += std::string(": ") + std::strerror(error);
    bool destroyed = false;
    destroyed_ = &destroyed;
    events_->on_broken(Error(ErrorCode::connection_lost, text));
    if (destroyed) return false;
    destroyed_ = nullptr;
    return true;
}

std::size_t TcpStream::send_some(std::string_view bytes) noexcept {
    std::size_t taken = 0;
    while (taken < bytes.size()) {
        const ssize_t count =
            ::send(fd_, bytes.data() + taken, bytes.size() - taken, MSG_NOSIGNAL);
        if (count >= 0) {
            taken += static_cast<std::size_t>(count);
        } else if (errno == EAGAIN) {
            return taken;
        } else if (errno != EINTR) {
            error_ = errno;
            return bytes.size();
        }
    }
    return taken;
}

void TcpStream::write(std::string_view bytes) {
    if (error_ != 0 || broken_) return;
    std::size_t taken = 0;
    if (unsent() == 0) taken = send_some(bytes);
    if (taken < bytes.size()) out_.append(bytes.substr(taken));
    if (taken < bytes.size() || error_ != 0) watch();
}

void TcpStream::pause() {
    if (paused_ && !unwatched_) return;
    paused_ = true;
    unwatched_ = false;
    watch();
}

void TcpStream::pause_unwatched() {
    if (paused_ && unwatched_) return;
    paused_ = true;
    unwatched_ = true;
    watch();
}

void TcpStream::resume() {
    if (!paused_) return;
    paused_ = false;
    watch();
}

void TcpStream::end() {
    if (ending_) return;
    ending_ = true;
    if (unsent() == 0) ::shutdown(fd_, SHUT_WR);
}

}  // namespace tidewire::net
