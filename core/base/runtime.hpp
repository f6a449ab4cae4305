// The waist below: all that the core may ask of the outside. `net` implements it over libuv and
// real sockets, tests/support/sim_runtime.hpp with a virtual clock and pipes in memory. Only `api`
// knows which one is in use.
//
// One Loop is one thread. Everything here is called on that thread, except Inbox::post(), the one
// door for other threads. Callbacks come from the loop only, never from inside the call that asked
// for them, so a caller's state is whole when it is called back.
//
// Ownership: whoever holds a ByteStream or an Acceptor owns it, and destroying it ends it at once;
// no callback comes after that. Destroying one from inside its own callback is allowed.
#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include <tidewire/executor.hpp>
#include <tidewire/function.hpp>
#include <tidewire/result.hpp>

#include "base/timer.hpp"
#include "base/waiter.hpp"

namespace tidewire::base {

// The end of a loop's turn: work that is worth doing once for all that one turn brought, such as
// sending what ten answers left in a buffer. Link it by Loop::at_turn_end(), once a turn.
class TurnEnd {
public:
    virtual void turn_ended() = 0;

protected:
    ~TurnEnd() = default;
};

// The door to a loop for other threads. Outlives the loop: then post() gives false.
class Inbox : public Executor {
public:
    // True on the loop's own thread while the loop lives.
    [[nodiscard]] virtual bool is_current() const noexcept = 0;
};

// What a byte stream tells its owner.
class StreamEvents {
public:
    // Bytes are lent for the length of the call.
    virtual void on_bytes(std::string_view bytes) = 0;
    // The peer sends no more; it may still read.
    virtual void on_end() = 0;
    // Nothing is unsent any more after unsent() was above 0.
    virtual void on_drained() = 0;
    // Broken (connection_lost, or what a filter above the bytes says); nothing follows.
    virtual void on_broken(const Error& error) = 0;

protected:
    ~StreamEvents() = default;
};

// A connection: TCP, or TLS over one (base/tls.hpp), behind the same face.
class ByteStream {
public:
    virtual ~ByteStream() = default;
    // Begins to read. `events` must outlive the stream.
    virtual void start(StreamEvents& events) = 0;
    // Hands bytes over; what the peer does not take now is kept (count it by unsent()) and sent
    // later. Errors come as on_broken.
    virtual void write(std::string_view bytes) = 0;
    [[nodiscard]] virtual std::size_t unsent() const noexcept = 0;
    // While paused no bytes come, but the peer's hang-up still does (on_broken).
    virtual void pause() = 0;
    // The same, but a hang-up waits too: for a reader that wants what the peer sent before it.
    virtual void pause_unwatched() = 0;
    virtual void resume() = 0;
    // No more will be written: the peer sees an end after all that is unsent.
    virtual void end() = 0;
    // Whether bytes can go either way: false during a handshake, which has its own time limit.
    [[nodiscard]] virtual bool ready() const noexcept { return true; }
    [[nodiscard]] virtual std::string_view peer() const noexcept = 0;  // "127.0.0.1:51234"
    // The address alone, for limits per address.
    [[nodiscard]] virtual std::string_view peer_address() const noexcept = 0;
};

// Gets every accepted connection.
class AcceptEvents {
public:
    virtual void on_accepted(std::unique_ptr<ByteStream> stream) = 0;

protected:
    ~AcceptEvents() = default;
};

// A listening socket; destroying it stops listening.
class Acceptor {
public:
    virtual ~Acceptor() = default;
    [[nodiscard]] virtual std::uint16_t port() const noexcept = 0;
    // The socket, for ListenOptions::socket; -1 when there is none.
    [[nodiscard]] virtual int socket() const noexcept { return -1; }
};

// A connection that is being made; destroying it gives it up.
class Dialing {
public:
    virtual ~Dialing() = default;
};

struct ListenOptions {
    std::string host;         // one that begins with "/" is the path of a Unix socket
    std::uint16_t port = 0;   // 0 takes a free one
    bool shared = false;      // several loops listen on it (SO_REUSEPORT)
    int socket = -1;          // listen on this one, of another loop's Acceptor
};

class Loop {
public:
    virtual ~Loop() = default;

    // Monotonic, read once a turn.
    [[nodiscard]] virtual TimePoint now() const noexcept = 0;
    // Seconds since 1970, for Date fields.
    [[nodiscard]] virtual std::int64_t unix_seconds() const noexcept = 0;
    virtual Timers& timers() noexcept = 0;
    virtual const std::shared_ptr<Inbox>& inbox() noexcept = 0;
    virtual void at_turn_end(TurnEnd& work) = 0;
    // Takes back what at_turn_end() was asked for, before `work` is destroyed.
    virtual void forget_turn_end(TurnEnd& work) noexcept = 0;

    [[nodiscard]] virtual Result<std::unique_ptr<Acceptor>> listen(const ListenOptions& options,
                                                                   AcceptEvents& events) = 0;
    // Looks the name up off the loop and tries its addresses one after the other; a host that
    // begins with "/" is a Unix socket. `done` is called once, later: a stream, or `unavailable`
    // when nobody answers at any of them.
    [[nodiscard]] virtual std::unique_ptr<Dialing> dial(
        const std::string& host, std::uint16_t port, std::chrono::milliseconds timeout,
        Function<void(Result<std::unique_ptr<ByteStream>>)> done) = 0;
};

}  // namespace tidewire::base
