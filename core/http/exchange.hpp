// The waist of HTTP: one request and the one answer it gets, whatever the version of HTTP.
//
// A protocol (server_connection today, HTTP/2 one day) makes an Exchange when a request is whole,
// or at its head when the handler wants its body piece by piece, and gives it to an ExchangeHandler
// on the loop thread; the handler answers now or later, from any thread. What an Exchange promises:
//
// 1. It is answered exactly once: the first of respond(), stream() and the deadline wins, the
//    former two tell which. An answer for a caller that has gone is dropped.
// 2. cancelled() becomes true once, on the loop thread, when the caller hangs up or the deadline
//    passes before the answer, or the end of a streamed one. The hook given to on_cancel() is
//    called then, never after that; it may still end a stream, which else is aborted.
// 3. request data may be read from any thread for as long as a reference is held.
// 4. Handlers never see nor set Connection, Keep-Alive, Transfer-Encoding, Upgrade.
//
// accept_websocket(), which hides GET + Upgrade against extended CONNECT, joins here when a pattern
// needs it.
// The test double is tests/support/recording_exchange.hpp.
#pragma once

#include <atomic>
#include <chrono>
#include <memory>
#include <mutex>
#include <optional>
#include <stop_token>
#include <string>
#include <string_view>
#include <vector>

#include <tidewire/function.hpp>
#include <tidewire/response.hpp>
#include <tidewire/serializer.hpp>

#include "base/ref.hpp"
#include "base/runtime.hpp"
#include "codec/deflate.hpp"
#include "codec/http1/event.hpp"
#include "codec/url.hpp"
#include "http/body.hpp"

namespace tidewire {
struct Principal;
}

namespace tidewire::http {

class Exchange;

// Changes answers on their way out: what the server adds to them, whoever made them.
class AnswerShaper {
public:
    // Loop thread, once per answer, before it is written.
    virtual void shape(const Exchange& exchange, Response& response) const = 0;
    // The same for the head of a streamed one; gives what its pieces go through, or nothing.
    [[nodiscard]] virtual std::unique_ptr<codec::Compressor> shape_head(
        const Exchange& exchange, Response& response) const = 0;

protected:
    ~AnswerShaper() = default;
};

// Is told what became of requests.
class AnswerMeter {
public:
    // Loop thread, once per answer; of a streamed one at its head.
    virtual void answered(const Exchange& exchange, int status) noexcept = 0;

protected:
    ~AnswerMeter() = default;
};

class Exchange : public base::RefCounted {
public:
    explicit Exchange(base::Loop& loop);
    ~Exchange() override;

    // --- The request. Set by the protocol before the handler sees the exchange.
    codec::http1::RequestHead head;
    std::string body;  // empty when the handler wanted it streamed
    std::string peer;
    // Set by the router: names are the router's, values are decoded.
    struct Param {
        std::string_view name;
        std::string value;
    };
    std::vector<Param> params;
    bool json_has_unsafe_integer = false;
    // Set by the handler of exchanges, for a body that is read as a stream of items: the limits of
    // each.
    std::size_t item_bytes_max = 0;
    std::size_t item_depth_max = 0;
    // Set by the handler of exchanges, of a call: what its arguments are in, and its reply is to
    // be.
    Serializer args_serializer = Serializer::json;
    Serializer reply_serializer = Serializer::json;
    // Set by the handler of exchanges: a whole answer of 200 gets an ETag of its body.
    bool tagged = false;
    // The guard's, and kept for the next request of the connection: see Guard::check().
    std::string passed_host;
    // Set by the handler of exchanges, and as long-lived as the server; null: answers leave as they
    // are.
    const AnswerShaper* shaper = nullptr;
    // Set by the handler of exchanges: who asks, or nobody; and the name of what it asks for, which
    // lasts as long as the server.
    std::shared_ptr<const Principal> principal;
    std::string_view operation;
    // What the hooks of admission are asked for: "call", or "admin" for what is the operator's.
    std::string_view action = "call";
    // Set by the handler of exchanges: who is told of the answer, or nobody; since when it takes,
    // and the number of the operation there, 0 for none.
    AnswerMeter* meter = nullptr;
    base::TimePoint began{};
    std::uint32_t operation_number = 0;

    [[nodiscard]] codec::Target target() const noexcept { return codec::split_target(head.target); }
    [[nodiscard]] std::string_view content_type() const noexcept;

    // --- The answer. Any thread. False: answered already, or nobody waits for it any more.
    // The response is moved from only when this gives true.
    bool respond(Response&& response);

    // Loop thread, contract: no interceptor waits. The same with a body that follows, in place of
    // the answer's own. Empty: answered already, or nobody waits for it any more.
    [[nodiscard]] BodyWriter stream(Response&& response);
    // Loop thread, of a streamed answer that has begun. At its deadline `hook` may end it with
    // words of its own; else it is aborted with `timeout`.
    void on_overdue(Function<void()> hook) { on_overdue_ = std::move(hook); }
    // Loop thread. A response before the response (103 Early Hints), where that is possible: not
    // after the answer has begun, nor while the answer to an earlier request is owed.
    void inform(int status, const Headers& headers);

    // Loop thread. The body, piece by piece; of a request that came whole, `body` in one. It fails
    // with `closed` when the exchange is answered by respond() before the body was whole.
    [[nodiscard]] Source& source();

    // Loop thread. The next answer goes to `to` on this loop instead of to the caller, and the
    // exchange is open again, for whoever answers next; the last intercept() is the first to get
    // one. Nothing comes when the caller is gone or its deadline has passed.
    using Interceptor = Function<void(Response&&)>;
    void intercept(Interceptor to) { interceptors_.push_back(std::move(to)); }

    // --- The caller's patience.
    [[nodiscard]] bool cancelled() const noexcept {
        return cancelled_.load(std::memory_order_acquire);
    }
    [[nodiscard]] std::stop_token stop_token();
    // Loop thread. At `limit` from now: answered with `timeout` and cancelled.
    void start_deadline(std::chrono::milliseconds limit);
    [[nodiscard]] std::optional<std::chrono::milliseconds> time_left() const noexcept;
    // Loop thread, at most one hook; an answer takes it away, the head of a streamed one does not.
    void on_cancel(Function<void()> hook) { on_cancel_ = std::move(hook); }

    // Loop thread: the protocol says that the caller is gone.
    void abandon();
    [[nodiscard]] base::Loop& loop() const noexcept { return loop_; }

protected:
    // Loop thread: the answer is there, send it.
    virtual void deliver(Response&& response) = 0;
    // Loop thread: the head of a streamed answer (false: it cannot be sent, the caller got another
    // answer), then its pieces (none: only tells the flow), then its end, or that it broke off.
    virtual bool deliver_head(Response&& response) = 0;
    virtual Flow deliver_piece(std::string_view bytes) = 0;
    virtual void deliver_end() = 0;
    virtual void deliver_break(const Error& error) = 0;
    virtual void deliver_interim(int status, const Headers& headers) = 0;
    // A streamed body flows again.
    void drained();
    [[nodiscard]] bool awaits_drain() const noexcept;
    // The body comes by `source()`, which the protocol fills.
    BodyBuffer& begin_source();
    [[nodiscard]] BodyBuffer* begun_source() noexcept { return source_.get(); }
    // Makes it as new for another request; contract: unshared().
    void reset();
    [[nodiscard]] bool answered() const noexcept {
        return state_.load(std::memory_order_acquire) != State::open;
    }

private:
    enum class State : std::uint8_t { open, answered, abandoned };

    class StreamedBody;

    void deadline_passed();
    void cancel();
    void deliver_now();
    void arrived(Response&& response);

    base::Loop& loop_;
    const std::shared_ptr<base::Inbox> inbox_;
    std::atomic<State> state_{State::open};
    std::atomic<bool> cancelled_{false};
    Response response_;
    std::unique_ptr<BodyBuffer> source_;
    std::unique_ptr<StreamedBody> stream_;
    Function<void()> on_cancel_;
    Function<void()> on_overdue_;
    std::vector<Interceptor> interceptors_;
    bool gone_ = false;  // abandoned, perhaps while an answer was on its way
    std::mutex stop_mutex_;
    std::optional<std::stop_source> stop_source_;
    base::MemberWaiter<&Exchange::deadline_passed> on_deadline_{*this};
    base::Timer deadline_{on_deadline_};
    std::atomic<std::int64_t> deadline_at_ms_{0};  // steady clock; 0: none
};

enum class BodyMode : std::uint8_t {
    whole,     // collected before on_exchange()
    streamed,  // on_exchange() comes at the head, and the body by source()
};

class ExchangeHandler {
public:
    // Loop thread, at the head of a request that has a body. An answer is given by on_exchange()
    // only. A handler that will refuse the request takes it streamed and does not read: the caller
    // is then not told to go on (Expect: 100-continue), and need not send what nobody wants.
    [[nodiscard]] virtual BodyMode on_head(Exchange& exchange) {
        (void)exchange;
        return BodyMode::whole;
    }
    // Loop thread. Keeps a reference if it answers later.
    virtual void on_exchange(Exchange& exchange) = 0;

protected:
    ~ExchangeHandler() = default;
};

}  // namespace tidewire::http
