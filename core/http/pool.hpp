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
//
// An operation may stream either body (body.hpp). With `stream_response` it is done at the head of
// the response, and source() gives the body, or the error that ended it; the timeout holds to the
// body's end. A streamed request is chunked and is never sent twice. Whoever streams and loses
// interest says so by cancel().
#pragma once

#include <chrono>
#include <cstddef>
#include <deque>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <tidewire/function.hpp>
#include <tidewire/headers.hpp>
#include <tidewire/response.hpp>
#include <tidewire/result.hpp>

#include "base/ref.hpp"
#include "base/runtime.hpp"
#include "base/tls.hpp"
#include "codec/deflate.hpp"
#include "codec/http1/event.hpp"
#include "codec/url.hpp"
#include "http/body.hpp"

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
    // What a streamed request may have waiting for its server; above it the sink is full.
    std::size_t unsent_bytes_max = 65'536;
    // Asks for compressed answers, and undoes them within these limits; not of streamed ones.
    std::optional<codec::InflateLimits> inflate = std::nullopt;
};

// One operation: a request, or only a connection (`method` empty).
class Operation final : public base::RefCounted {
public:
    Operation();
    ~Operation() override;
    using Done = Function<void(Result<Response>)>;

    std::string method;
    std::string target;
    Headers headers;
    std::string content_type;
    std::string body;
    std::chrono::milliseconds timeout{0};  // 0: none
    Done done;
    // `done` gets the response without its body, which comes by source(). Not limited by
    // body_bytes_max.
    bool stream_response = false;

    // Loop thread, once, before submit(): the body comes by this writer, in place of `body`.
    [[nodiscard]] BodyWriter stream_request(base::Loop& loop);
    // Loop thread, contract: stream_response, and `done` was called with a response.
    [[nodiscard]] Source& source() noexcept { return *source_; }

    // Loop thread, of any operation, also one that has settled: nothing happens then.
    void cancel();

private:
    friend class Pool;
    friend class ClientConnection;
    class RequestBody;
    friend class RequestBody;
    void time_out();
    void give_up(const Error& error);
    [[nodiscard]] bool settled() const noexcept { return settled_; }
    void settle(Result<Response> result);
    // The head of a streamed response has come.
    void begin_response(base::Loop& loop, Response&& response);
    // Of the streamed request: what is to be sent next.
    [[nodiscard]] bool request_whole() const noexcept;
    void drained();
    [[nodiscard]] bool idempotent() const noexcept;

    Pool* pool_ = nullptr;  // while it is in one
    ClientConnection* connection_ = nullptr;
    base::TimePoint deadline_{};
    std::unique_ptr<RequestBody> request_body_;
    std::unique_ptr<BodyBuffer> source_;
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
