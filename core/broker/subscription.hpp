// The waist of the broker, reading side: a subscriber is a cursor plus a doorbell.
//
// A pattern is a policy over these four calls: when to poll, when to wait, how to frame. History
// and live are the same read. What every implementer promises:
//
// 1. poll() never waits. It answers one of
//      Batch    messages after the position, in order, at least one, within both bounds (but always
//               at least one message, however large); the position moves behind them
//      Gap      messages after the position are gone: the first kept place, and the count if known;
//               the position moves to just before that place
//      End      nothing more now
//      Pending  being fetched; memory never says it
//    or an Error, which is for ever.
// 2. Gap comes before any message behind it. A position of another epoch, or ahead of the end in
//    the right epoch, is a Gap, never End.
// 3. when_ready() asks for one ring of the waiter: on the subscriber's loop, never from inside a
//    call on this subscription, once poll() may have a new answer. A message that came between
//    poll() and when_ready() rings too: no wake-up is lost. Asking again replaces the waiter.
// 4. After close() nothing rings, and poll() gives `closed`.
//
// The caller polls only while it can pass messages on, so it holds at most one batch, and the topic
// holds the rest: that is all of backpressure. Test double: tests/support/scripted_topic.hpp.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <variant>
#include <vector>

#include <tidewire/result.hpp>

#include "base/waiter.hpp"
#include "broker/cursor.hpp"
#include "broker/message.hpp"

namespace tidewire::broker {

struct Batch {
    std::vector<MessagePointer> messages;
    std::uint64_t skipped = 0;  // left out on request (conflation, a filter)
};
struct Gap {
    Cursor resumes_after;
    std::optional<std::uint64_t> lost;
};
struct End {};
struct Pending {};
using Polled = std::variant<Batch, Gap, End, Pending>;

class Subscription {
public:
    virtual ~Subscription() = default;
    [[nodiscard]] virtual Result<Polled> poll(std::size_t messages_max, std::size_t bytes_max) = 0;
    virtual void when_ready(base::Waiter& waiter) = 0;
    // Behind all that poll() has given: what a client would resume with.
    [[nodiscard]] virtual Cursor position() const noexcept = 0;
    virtual void close() = 0;
};

}  // namespace tidewire::broker
