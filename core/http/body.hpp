// Bodies that come and go piece by piece: Source and Sink, the waist of streams.
//
// Loop thread only. Backpressure is one rule in both directions: who has no room says so, and the
// other waits until it is rung. Waiters are rung once for each time they were given, in a later
// turn, never from inside a call; what is over rings too, so that nobody waits for ever.
//
// BodyWriter and BodyBuffer are what the protocols have in common; the test doubles are those of
// exchange.hpp and runtime.hpp.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include <tidewire/error.hpp>
#include <tidewire/function.hpp>
#include <tidewire/result.hpp>

#include "base/ref.hpp"
#include "base/runtime.hpp"

namespace tidewire::http {

// What a streamed body may have waiting for a reader who does not come; one read of a socket may
// come on top.
inline constexpr std::size_t kSourceBytesMax = 65'536;

enum class Flow : std::uint8_t {
    flowing,
    full,    // taken, but wait for when_drained() before the next
    closed,  // nobody reads it, now or later: stop writing
};

// Where a body is written to.
class Sink {
public:
    // Takes all of `bytes`, whatever it says.
    virtual Flow write(std::string_view bytes) = 0;
    // Rings when it flows again, or is closed. At most one waiter, which must live until then or
    // until the end.
    virtual void when_drained(base::Waiter& waiter) = 0;
    // The body is whole.
    virtual void end() = 0;
    // It will never be: the peer sees that something is missing.
    virtual void abort(const Error& error) = 0;

protected:
    ~Sink() = default;
};

// A piece of a body.
struct Piece {
    enum class Kind : std::uint8_t {
        bytes,    // which are never empty
        pending,  // nothing now: see when_readable()
        end,      // the body is whole
    };
    Kind kind = Kind::pending;
    std::string bytes = {};
};

// Where a body is read from.
class Source {
public:
    // All that is there. An error is for ever: connection_lost, request_timeout, timeout,
    // cancelled, closed.
    [[nodiscard]] virtual Result<Piece> read() = 0;
    // Rings when read() has something other than `pending`. At most one waiter, which must live
    // until then or be forgotten.
    virtual void when_readable(base::Waiter& waiter) = 0;
    virtual void forget_waiter() noexcept = 0;

protected:
    ~Source() = default;
};

// The duty to end a body that was begun. Dropped without end(), it aborts with `internal`, so that
// a writer that broke off is never taken for one that had no more to say.
class BodyWriter {
public:
    BodyWriter() noexcept = default;
    // `owner` is what `sink` lives in.
    BodyWriter(base::RefCounted& owner, Sink& sink) : owner_(&owner), sink_(&sink) {}
    BodyWriter(BodyWriter&& other) noexcept
        : owner_(std::move(other.owner_)), sink_(std::exchange(other.sink_, nullptr)) {}
    BodyWriter& operator=(BodyWriter&& other) noexcept {
        if (this == &other) return *this;
        drop();
        owner_ = std::move(other.owner_);
        sink_ = std::exchange(other.sink_, nullptr);
        return *this;
    }
    BodyWriter(const BodyWriter&) = delete;
    BodyWriter& operator=(const BodyWriter&) = delete;
    ~BodyWriter() { drop(); }

    // Empty: there was nobody to write to, or it has ended.
    explicit operator bool() const noexcept { return sink_ != nullptr; }
    Flow write(std::string_view bytes) {
        return sink_ == nullptr ? Flow::closed : sink_->write(bytes);
    }
    // Contract: not empty.
    void when_drained(base::Waiter& waiter) { sink_->when_drained(waiter); }
    void end() {
        const auto keep = std::move(owner_);
        if (Sink* sink = std::exchange(sink_, nullptr)) sink->end();
    }
    void abort(const Error& error) {
        const auto keep = std::move(owner_);
        if (Sink* sink = std::exchange(sink_, nullptr)) sink->abort(error);
    }

private:
    void drop() {
        if (sink_ != nullptr) abort(Error(ErrorCode::internal, "the body broke off"));
    }

    base::Ref<base::RefCounted> owner_;
    Sink* sink_ = nullptr;
};

// Rings a waiter in a later turn. It is a part of `owner`, which is kept until then.
class LateBell {
public:
    LateBell(base::RefCounted& owner, std::shared_ptr<base::Inbox> inbox)
        : owner_(owner), inbox_(std::move(inbox)) {}
    void set(base::Waiter& waiter) noexcept { waiter_ = &waiter; }
    void clear() noexcept { waiter_ = nullptr; }
    [[nodiscard]] bool awaited() const noexcept { return waiter_ != nullptr; }
    void ring();

private:
    base::RefCounted& owner_;
    const std::shared_ptr<base::Inbox> inbox_;
    base::Waiter* waiter_ = nullptr;
    bool posted_ = false;
};

// The Source that protocols fill. It is a part of `owner`.
class BodyBuffer final : public Source {
public:
    BodyBuffer(base::RefCounted& owner, const std::shared_ptr<base::Inbox>& inbox)
        : readable_(owner, inbox) {}

    [[nodiscard]] Result<Piece> read() override;
    void when_readable(base::Waiter& waiter) override;
    void forget_waiter() noexcept override { readable_.clear(); }

    // --- For the protocol.
    void push(std::string_view bytes);
    void push(std::string&& bytes);
    void finish();
    // Bytes that were not read yet are dropped. Nothing happens after the end.
    void fail(const Error& error);
    [[nodiscard]] bool full() const noexcept { return bytes_.size() >= kSourceBytesMax; }
    [[nodiscard]] bool over() const noexcept { return finished_ || error_.has_value(); }
    // Called whenever the reader has taken something, or waits.
    void on_wanted(Function<void()> hook) { on_wanted_ = std::move(hook); }
    void forget_wanted() noexcept { on_wanted_.reset(); }

private:
    LateBell readable_;
    std::string bytes_;
    bool finished_ = false;
    std::optional<Error> error_;
    Function<void()> on_wanted_;
};

}  // namespace tidewire::http
