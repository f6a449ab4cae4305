// Dialer: looks a host up, then tries its addresses one after the other until one accepts.
#pragma once

#include <string>
#include <vector>

#include "base/runtime.hpp"
#include "net/tcp.hpp"
#include "net/uv_handle.hpp"

namespace tidewire::net {

class NetLoop;

class Dialer final : public base::Dialing {
public:
    using Done = Function<void(Result<std::unique_ptr<base::ByteStream>>)>;
    Dialer(NetLoop& loop, const std::string& host, std::uint16_t port,
           std::chrono::milliseconds timeout, Done done);
    ~Dialer() override;
    Dialer(const Dialer&) = delete;
    Dialer& operator=(const Dialer&) = delete;

private:
    // Belongs to libuv until its callback; outlives the Dialer when that gives up. The request is
    // last, since libuv's own may be larger than the header's (see UvHandle).
    struct LookUp {
        Dialer* owner;
        uv_getaddrinfo_t request;
    };
    void begin_unix();
    void look_up();
    void looked_up(int status, const addrinfo* found);
    [[nodiscard]] std::string where() const;
    void try_next();
    void watch_socket();
    void connected();
    void drop_socket() noexcept;
    void timed_out();
    // The last thing a call does: the owner may destroy this inside it.
    void finish(Result<std::unique_ptr<base::ByteStream>> result);

    NetLoop& loop_;
    const std::string host_;
    const std::uint16_t port_;
    Done done_;
    LookUp* look_up_ = nullptr;
    std::vector<SocketAddress> addresses_;
    std::size_t next_ = 0;
    int fd_ = -1;
    std::string failure_ = "timed out";
    UvHandle<uv_poll_t> poll_;
    base::MemberWaiter<&Dialer::begin_unix> on_begin_{*this};
    base::Timer begin_{on_begin_};
    base::MemberWaiter<&Dialer::timed_out> on_timeout_{*this};
    base::Timer timeout_{on_timeout_};
};

}  // namespace tidewire::net
