// TcpStream: base::ByteStream over a non-blocking socket, TCP or Unix, watched by uv_poll.
//
// Reads and writes are plain recv() and send(): libuv only tells when. What one turn writes is one
// send() when the peer takes it; the rest waits for writability.
#pragma once

#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <uv.h>

#include <string>

#include "base/runtime.hpp"
#include "net/uv_handle.hpp"

namespace tidewire::net {

class NetLoop;

// An address of IPv4, IPv6 or a Unix socket, which as a peer has neither host nor port: "unix".
struct SocketAddress {
    // Contract: `path` fits; codec/url.hpp sees to it.
    [[nodiscard]] static SocketAddress unix_socket(std::string_view path);
    sockaddr_storage storage{};
    socklen_t size = 0;
    [[nodiscard]] std::string host() const;
    [[nodiscard]] std::string host_and_port() const;
    [[nodiscard]] std::uint16_t port() const noexcept;
};

class TcpStream final : public base::ByteStream {
public:
    // Takes the socket over, which must be connected and non-blocking.
    TcpStream(NetLoop& loop, int fd, const SocketAddress& peer);
    ~TcpStream() override;
    TcpStream(const TcpStream&) = delete;
    TcpStream& operator=(const TcpStream&) = delete;

    void start(base::StreamEvents& events) override;
    void write(std::string_view bytes) override;
    [[nodiscard]] std::size_t unsent() const noexcept override { return out_.size() - sent_; }
    void pause() override;
    void pause_unwatched() override;
    void resume() override;
    void end() override;
    [[nodiscard]] std::string_view peer() const noexcept override { return peer_; }
    [[nodiscard]] std::string_view peer_address() const noexcept override { return peer_address_; }

private:
    void on_poll(int status, int events);
    void failed();
    // These give false when the owner destroyed the stream meanwhile.
    bool flush();
    bool read();
    bool tell_broken(const char* what, int error);
    // Bytes the socket took; a failed socket takes everything and is reported by on_poll.
    std::size_t send_some(std::string_view bytes) noexcept;
    [[nodiscard]] int wanted_to_read() const noexcept;
    void watch();

    NetLoop& loop_;
    const int fd_;
    const std::string peer_address_;
    const std::string peer_;
    UvHandle<uv_poll_t> poll_;
    base::StreamEvents* events_ = nullptr;
    std::string out_;
    std::size_t sent_ = 0;
    int watched_ = 0;
    int error_ = 0;  // errno of a failed send
    bool paused_ = false;
    bool unwatched_ = false;  // while paused: a hang-up is not told
    bool peer_ended_ = false;
    bool broken_ = false;
    bool ending_ = false;
    bool* destroyed_ = nullptr;  // set while a callback of ours may destroy us
};

}  // namespace tidewire::net
