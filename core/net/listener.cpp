#include "net/listener.hpp"

#include <fcntl.h>
#include <netdb.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "net/loop.hpp"
#include "net/tcp.hpp"

namespace tidewire::net {
namespace {

constexpr int kAcceptsPerTurn = 64;
constexpr std::chrono::milliseconds kPauseWithoutDescriptors{100};
constexpr int kBacklog = 4096;

// Binding happens before serving, so a blocking look-up of the own address is no harm.
Result<SocketAddress> resolve_local(const base::ListenOptions& options) {
    addrinfo hints{};
    hints.ai_family = AF_UNSPEC;
    hints.ai_socktype = SOCK_STREAM;
    hints.ai_flags = AI_PASSIVE;
    addrinfo* found = nullptr;
    const int status = ::getaddrinfo(options.host.empty() ? nullptr : options.host.c_str(),
                                     std::to_string(options.port).c_str(), &hints, &found);
    if (status != 0) {
        return Error(ErrorCode::invalid_argument,
                     "address " + options.host + ": " + ::gai_strerror(status));
    }
    // "localhost" may mean both families; IPv4 is what every client tries.
    const addrinfo* chosen = found;
    for (const addrinfo* each = found; each != nullptr; each = each->ai_next) {
        if (each->ai_family == AF_INET) {
            chosen = each;
            break;
        }
    }
    SocketAddress address;
    std::memcpy(&address.storage, chosen->ai_addr, chosen->ai_addrlen);
    address.size = chosen->ai_addrlen;
    ::freeaddrinfo(found);
    return address;
}

Error listen_error(const std::string& where, int error) {
    const auto code = error == EADDRINUSE ? ErrorCode::unavailable : ErrorCode::invalid_argument;
    return Error(code, "listen on " + where + ": " + std::strerror(error));
}

// Which file it is: 0 for none.
std::uint64_t file_number(const std::string& path) {
    struct stat found {};
    return ::lstat(path.c_str(), &found) == 0 ? found.st_ino : 0;
}

// Whether the file is a socket that nobody listens on, as a process that was killed leaves it.
bool is_abandoned(const std::string& path, const SocketAddress& address) {
    struct stat found {};
    if (::lstat(path.c_str(), &found) != 0 || !S_ISSOCK(found.st_mode)) return false;
    const int fd = ::socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (fd < 0) return false;
    const bool refused =
        ::connect(fd, reinterpret_cast<const sockaddr*>(&address.storage), address.size) != 0 &&
        errno == ECONNREFUSED;
    ::close(fd);
    return refused;
}

}  // namespace

Result<std::unique_ptr<base::Acceptor>> Listener::open(NetLoop& loop,
                                                       const base::ListenOptions& options,
                                                       base::AcceptEvents& events) {
    const bool is_unix = options.host.starts_with('/');
    Result<int> fd = options.socket >= 0 ? Result<int>(::fcntl(options.socket, F_DUPFD_CLOEXEC, 0))
                     : is_unix           ? bind_unix(options.host)
                                         : bind_tcp(options);
    if (!fd) return fd.error();
    if (*fd < 0) return listen_error(options.host, errno);
    SocketAddress bound;
    bound.size = sizeof bound.storage;
    ::getsockname(*fd, reinterpret_cast<sockaddr*>(&bound.storage), &bound.size);
    const std::uint16_t port = is_unix ? 0 : bound.port();
    std::unique_ptr<Listener> listener(new Listener(loop, *fd, port, events));
    if (is_unix && options.socket < 0) {
        listener->file_ = options.host;
        listener->file_number_ = file_number(options.host);
    }
    if (!listener->poll_) return listen_error(options.host, EMFILE);
    listener->watch();
    return std::unique_ptr<base::Acceptor>(std::move(listener));
}

Result<int> Listener::bind_unix(const std::string& path) {
    const SocketAddress address = SocketAddress::unix_socket(path);
    const std::string where = "unix:" + path;
    if (is_abandoned(path, address)) ::unlink(path.c_str());
    const int fd = ::socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (fd < 0) return listen_error(where, errno);
    if (::bind(fd, reinterpret_cast<const sockaddr*>(&address.storage), address.size) != 0 ||
        ::listen(fd, kBacklog) != 0) {
        const Error error = listen_error(where, errno);
        ::close(fd);
        return error;
    }
    return fd;
}

Result<int> Listener::bind_tcp(const base::ListenOptions& options) {
    auto address = resolve_local(options);
    if (!address) return address.error();
    const std::string where = address->host_and_port();
    const int fd = ::socket(address->storage.ss_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC,
                            IPPROTO_TCP);
    if (fd < 0) return listen_error(where, errno);
    const int on = 1;
    ::setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    if (options.shared) ::setsockopt(fd, SOL_SOCKET, SO_REUSEPORT, &on, sizeof on);
    if (::bind(fd, reinterpret_cast<const sockaddr*>(&address->storage), address->size) != 0 ||
        ::listen(fd, kBacklog) != 0) {
        const Error error = listen_error(where, errno);
        ::close(fd);
        return error;
    }
    return fd;
}

Listener::Listener(NetLoop& loop, int fd, std::uint16_t port, base::AcceptEvents& events)
    : loop_(loop), fd_(fd), port_(port), events_(events) {
    poll_ = make_uv_handle<uv_poll_t>(UV_POLL, this, [&](uv_poll_t* handle) {
        return uv_poll_init_socket(loop.uv(), handle, fd);
    });
}

Listener::~Listener() {
    if (destroyed_ != nullptr) *destroyed_ = true;
    poll_.reset();
    ::close(fd_);
    // It may be another server's by now.
    if (!file_.empty() && file_number(file_) == file_number_) ::unlink(file_.c_str());
}

void Listener::watch() {
    uv_poll_start(poll_.get(), UV_READABLE, [](uv_poll_t* handle, int, int) {
        static_cast<Listener*>(handle->data)->accept_some();
    });
}

void Listener::accept_some() {
    bool destroyed = false;
    for (int i = 0; i < kAcceptsPerTurn; ++i) {
        SocketAddress peer;
        peer.size = sizeof peer.storage;
        const int fd = ::accept4(fd_, reinterpret_cast<sockaddr*>(&peer.storage), &peer.size,
                                 SOCK_NONBLOCK | SOCK_CLOEXEC);
        if (fd < 0) {
            if (errno == EINTR || errno == ECONNABORTED) continue;
            if (errno == EAGAIN) return;
            uv_poll_stop(poll_.get());
            pause_.arm(loop_.timers(), loop_.now() + kPauseWithoutDescriptors);
            return;
        }
        destroyed_ = &destroyed;
        events_.on_accepted(std::make_unique<TcpStream>(loop_, fd, peer));
        if (destroyed) return;
        destroyed_ = nullptr;
    }
}

void Listener::accept_again() { watch(); }

}  // namespace tidewire::net
