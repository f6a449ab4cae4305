#include "net/dialer.hpp"

#include <netdb.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <cstring>

#include "net/loop.hpp"

namespace tidewire::net {

Dialer::Dialer(NetLoop& loop, const std::string& host, std::uint16_t port,
               std::chrono::milliseconds timeout, Done done)
    : loop_(loop), host_(host), port_(port), done_(std::move(done)) {
    timeout_.arm(loop_.timers(), loop_.now() + timeout);
    if (host_.starts_with('/')) {
        begin_.arm(loop_.timers(), loop_.now());  // not from inside this call
    } else {
        look_up();
    }
}

Dialer::~Dialer() {
    if (look_up_ != nullptr) {
        look_up_->owner = nullptr;
        uv_cancel(reinterpret_cast<uv_req_t*>(&look_up_->request));
    }
    drop_socket();
}

void Dialer::begin_unix() {
    addresses_.push_back(SocketAddress::unix_socket(host_));
    try_next();
}

void Dialer::look_up() {
    look_up_ =
        static_cast<LookUp*>(std::calloc(1, sizeof(LookUp) + uv_req_size(UV_GETADDRINFO)));
    if (look_up_ == nullptr) std::abort();
    look_up_->owner = this;
    look_up_->request.data = look_up_;
    addrinfo hints{};
    hints.ai_family = AF_UNSPEC;
    hints.ai_socktype = SOCK_STREAM;
    const auto answered = [](uv_getaddrinfo_t* request, int status, addrinfo* found) {
        auto* mine = static_cast<LookUp*>(request->data);
        Dialer* owner = mine->owner;
        std::free(mine);
        if (owner != nullptr) {
            owner->look_up_ = nullptr;
            owner->looked_up(status, found);
        }
        uv_freeaddrinfo(found);
    };
    const int status = uv_getaddrinfo(loop_.uv(), &look_up_->request, answered, host_.c_str(),
                                      std::to_string(port_).c_str(), &hints);
    if (status != 0) {
        std::free(std::exchange(look_up_, nullptr));
        failure_ = uv_strerror(status);
        timeout_.arm(loop_.timers(), loop_.now());
    }
}

void Dialer::looked_up(int status, const addrinfo* found) {
    if (status != 0) failure_ = uv_strerror(status);
    for (const addrinfo* each = found; each != nullptr; each = each->ai_next) {
        SocketAddress address;
        std::memcpy(&address.storage, each->ai_addr, each->ai_addrlen);
        address.size = each->ai_addrlen;
        addresses_.push_back(address);
    }
    try_next();
}

std::string Dialer::where() const {
    return host_.starts_with('/') ? "unix:" + host_ : host_ + ":" + std::to_string(port_);
}

void Dialer::try_next() {
    while (next_ < addresses_.size()) {
        const SocketAddress& address = addresses_[next_++];
        fd_ = ::socket(address.storage.ss_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
        if (fd_ >= 0 &&
            (::connect(fd_, reinterpret_cast<const sockaddr*>(&address.storage), address.size) ==
                 0 ||
             errno == EINPROGRESS)) {
            watch_socket();
            if (poll_) return;
            errno = EMFILE;
        }
        failure_ = std::strerror(errno);
        drop_socket();
    }
    finish(Error(ErrorCode::unavailable, "connect to " + where() + ": " + failure_));
}

void Dialer::watch_socket() {
    poll_ = make_uv_handle<uv_poll_t>(UV_POLL, this, [this](uv_poll_t* handle) {
        return uv_poll_init_socket(loop_.uv(), handle, fd_);
    });
    if (!poll_) return;
    uv_poll_start(poll_.get(), UV_WRITABLE, [](uv_poll_t* handle, int, int) {
        static_cast<Dialer*>(handle->data)->connected();
    });
}

void Dialer::connected() {
    int error = 0;
    socklen_t size = sizeof error;
    ::getsockopt(fd_, SOL_SOCKET, SO_ERROR, &error, &size);
    if (error != 0) {
        failure_ = std::strerror(error);
        drop_socket();
        try_next();
        return;
    }
    poll_.reset();
    const int fd = std::exchange(fd_, -1);
    finish(std::unique_ptr<base::ByteStream>(
        std::make_unique<TcpStream>(loop_, fd, addresses_[next_ - 1])));
}

void Dialer::drop_socket() noexcept {
    poll_.reset();
    if (fd_ >= 0) ::close(std::exchange(fd_, -1));
}

void Dialer::timed_out() {
    drop_socket();
    finish(Error(ErrorCode::unavailable, "connect to " + where() + ": " + failure_));
}

void Dialer::finish(Result<std::unique_ptr<base::ByteStream>> result) {
    timeout_.disarm();
    auto done = std::move(done_);
    done(std::move(result));
}

}  // namespace tidewire::net
