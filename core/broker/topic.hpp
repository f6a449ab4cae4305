// The waist of the broker, writing side: a topic is an append-only sequence.
//
// What every implementer (memory, durable log, Kafka, RabbitMQ, a remote topic) promises:
//
// 1. append() takes a batch and gives it consecutive places, in the order given, all or nothing.
// 2. `done` is told once, later, on the caller's loop: the cursors, or the Error that kept all of
//    the batch out. It is told when the batch is as durable as the topic promises, never before.
// 3. Subscriptions see a message only at that level too: nobody sees what a crash would unsay.
// 4. A reader's doorbell rings after that, at most once per reader and append.
//
// A topic has no socket, no file, no thread and no clock in this layer: time comes with a message.
// Test double: tests/support/scripted_topic.hpp.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string_view>
#include <variant>
#include <vector>

#include <tidewire/result.hpp>

#include "broker/message.hpp"
#include "broker/subscription.hpp"

namespace tidewire::broker {

// Told how an append ended.
class Appended {
public:
    // One cursor per message of the batch, in its order.
    virtual void on_appended(const std::vector<Cursor>& cursors) = 0;
    // Nothing of the batch is in the topic.
    virtual void on_refused(const Error& error) = 0;

protected:
    ~Appended() = default;
};

// Where a reader begins.
struct FromEarliest {};
struct FromLatest {};
struct AfterCursor {
    Cursor cursor;
};
struct FromTime {
    std::chrono::milliseconds time;  // since 1970, UTC: the first message at or after it
};
struct LastN {
    std::uint64_t count;
};
using Start = std::variant<FromEarliest, FromLatest, AfterCursor, FromTime, LastN>;

class Topic {
public:
    virtual ~Topic() = default;
    [[nodiscard]] virtual std::string_view name() const noexcept = 0;
    // `batch`: topic, cursor and offset are filled in here. `appended` must outlive the answer.
    virtual void append(std::vector<Message> batch, Appended& appended) = 0;
    // A reader of its own: readers share nothing but the messages.
    [[nodiscard]] virtual std::unique_ptr<Subscription> open(const Start& start) = 0;
};

}  // namespace tidewire::broker
