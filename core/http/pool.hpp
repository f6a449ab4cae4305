// Pool: the connections of a client to one server, and the operations that wait for one.
//
// Loop thread only. Each connection carries one operation at a time; a free one is used again, the
// last one first, so that the rest grow idle and are closed. Every operation settles exactly once:
// with a response, or with timeout, cancelled, unavailable, connection_lost, closed,
// protocol_error, payload_too_large or header_too_large.
//
// A kept connection may be closed by the server at the very moment it is used again. If not one
// byte of an answer came, an operation with an idempotent method (RFC 9110 9.2.2) is sent once more
// on another connection; any other settles connection_lost, since it may have been carried out.
#pragma once

#include <chrono>
#include <cstddef>
#include <deque>
#include <memory>
#include <string>
#include <vector>

#include <tidewire/function.hpp>
#include <tidewire/headers.hpp>
#include <tidewire/response.hpp>
#include <tidewire/result.hpp>

#include "base/ref.hpp"
#include "base/runtime.hpp"
#include "base/tls.hpp"
#include "codec/http1/event.hpp"
#include "codec/url.hpp"

namespace tidewire::http {

class ClientConnection;
class Pool;

struct PoolOptions {
    codec::Url url = {};
    std::chrono::milliseconds connect_timeout{10'000};
    std::chrono::milliseconds idle_timeout{60'000};
    std::size_t connections_max = 100;
    codec::http1::ParserLimits limits = {};
    std::shared_ptr<base::TlsClient> tls = nullptr;  // of an https URL
};

// One operation: a request, or only a connection (`method` empty).
class Operation final : public base::RefCounted {
public:
    using Done = Function<void(Result<Response>)>;

    std::string method;
    std::string target;
    Headers headers;
    std::string content_type;
    std::string body;
    std::chrono::milliseconds timeout{0};  // 0: none
    Done done;

    // Loop thread, of any operation, also one that has settled: nothing happens then.
    void cancel();

private:
    friend class Pool;
    friend class ClientConnection;
    void time_out();
    [[nodiscard]] bool settled() const noexcept { return settled_; }
    void settle(Result<Response> result);
    [[nodiscard]] bool idempotent() const noexcept;

    Pool* pool_ = nullptr;  // while it is in one
    ClientConnection* connection_ = nullptr;
    base::TimePoint deadline_{};
    bool settled_ = false;
    bool sent_again_ = false;
    base::MemberWaiter<&Operation::time_out> on_timeout_{*this};
    base::Timer timer_{on_timeout_};
};

class Pool final : private base::TurnEnd {
public:
    Pool(base::Loop& loop, PoolOptions options);
    ~Pool();  // close()
    Pool(const Pool&) = delete;
    Pool& operator=(const Pool&) = delete;

    void submit(base::Ref<Operation> operation);
    // What is under way settles `closed`, what is submitted later `misuse`.
    void close();

    // For connections and operations.
    [[nodiscard]] base::Loop& loop() noexcept { return loop_; }
    [[nodiscard]] const PoolOptions& options() const noexcept { return options_; }
    [[nodiscard]] const std::string& authority() const noexcept { return authority_; }
    // The connection is free for the next operation.
    void freed(ClientConnection& connection);
    // The connection is over. `operation`, if any, did not get its answer.
    void ended(ClientConnection& connection, base::Ref<Operation> operation, bool may_repeat,
               const Error& why);
    // The operation settled by itself; its connection, if any, cannot be used again.
    void abandoned(Operation& operation);

private:
    void dispatch();
    void dial();
    void dialed(base::Dialing* dialing, Result<std::unique_ptr<base::ByteStream>> stream);
    void retire(ClientConnection& connection);
    void sweep();
    void turn_ended() override;
    base::Ref<Operation> next_waiting();

    base::Loop& loop_;
    const PoolOptions options_;
    const std::string authority_;
    bool closed_ = false;
    std::deque<base::Ref<Operation>> waiting_;
    std::vector<std::unique_ptr<base::Dialing>> dialing_;
    std::vector<std::unique_ptr<ClientConnection>> connections_;
    std::vector<ClientConnection*> idle_;
    std::vector<std::unique_ptr<ClientConnection>> retired_;
    std::vector<std::unique_ptr<base::Dialing>> retired_dialing_;
    bool turn_end_asked_ = false;
    base::MemberWaiter<&Pool::sweep> on_sweep_{*this};
    base::Timer sweep_{on_sweep_};
};

}  // namespace tidewire::http
