// Listener: base::Acceptor over a TCP or a Unix socket.
//
// The file of a Unix socket that nobody listens on any more is replaced; our own is removed at the
// end.
//
// Out of file descriptors it stops accepting for a moment instead of spinning, and goes on by
// itself: connections meanwhile wait in the kernel's backlog.
#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "base/runtime.hpp"
#include "net/uv_handle.hpp"

namespace tidewire::net {

class NetLoop;

class Listener final : public base::Acceptor {
public:
    [[nodiscard]] static Result<std::unique_ptr<base::Acceptor>> open(
        NetLoop& loop, const base::ListenOptions& options, base::AcceptEvents& events);
    ~Listener() override;
    Listener(const Listener&) = delete;
    Listener& operator=(const Listener&) = delete;

    [[nodiscard]] std::uint16_t port() const noexcept override { return port_; }
    [[nodiscard]] int socket() const noexcept override { return fd_; }

private:
    Listener(NetLoop& loop, int fd, std::uint16_t port, base::AcceptEvents& events);
    [[nodiscard]] static Result<int> bind_tcp(const base::ListenOptions& options);
    [[nodiscard]] static Result<int> bind_unix(const std::string& path);
    void accept_some();
    void accept_again();
    void watch();

    NetLoop& loop_;
    const int fd_;
    const std::uint16_t port_;
    std::string file_;  // of a Unix socket that this one has bound
    std::uint64_t file_number_ = 0;
    base::AcceptEvents& events_;
    UvHandle<uv_poll_t> poll_;
    base::MemberWaiter<&Listener::accept_again> again_{*this};
    base::Timer pause_{again_};
    bool* destroyed_ = nullptr;
};

}  // namespace tidewire::net
