// The waists of the broker, shown by their test doubles.
#include <catch2/catch.hpp>

#include "support/scripted_topic.hpp"

using namespace tidewire;
using namespace tidewire::broker;
using tidewire::testing::ScriptedSubscription;
using tidewire::testing::ScriptedTopic;

namespace {

struct Noting final : Appended {
    void on_appended(const std::vector<Cursor>& given) override { cursors = given; }
    void on_refused(const Error& error) override { refused = error.code(); }
    std::vector<Cursor> cursors;
    std::optional<ErrorCode> refused;
};

struct Bell final : base::Waiter {
    void ring() override { ++rings; }
    int rings = 0;
};

MessagePointer message_at(std::uint64_t position) {
    auto message = std::make_shared<Message>();
    message->cursor = {1, position};
    return message;
}

}  // namespace

TEST_CASE("an append is told later, whole, with rising cursors, or refused whole") {
    ScriptedTopic topic("prices");
    Noting first;
    Noting second;
    topic.append(std::vector<Message>(2), first);
    topic.append(std::vector<Message>(1), second);
    REQUIRE(first.cursors.empty());
    topic.accept();
    REQUIRE(first.cursors.size() == 2);
    REQUIRE(first.cursors[0] < first.cursors[1]);
    topic.refuse(Error(ErrorCode::overloaded));
    REQUIRE(second.refused == ErrorCode::overloaded);
    REQUIRE(topic.messages.size() == 2);
}

TEST_CASE("a subscription answers batch, gap, end and pending, and its position follows") {
    ScriptedSubscription subscription;
    subscription.pending_before_each = 1;
    Bell bell;
    subscription.when_ready(bell);
    subscription.add(Batch{{message_at(1), message_at(2), message_at(3)}, 0});
    subscription.add(Gap{{1, 10}, 6});
    REQUIRE(bell.rings == 1);
    REQUIRE(std::holds_alternative<Pending>(*subscription.poll(2, 1000)));
    REQUIRE(std::get<Batch>(*subscription.poll(2, 1000)).messages.size() == 2);
    REQUIRE(subscription.position() == Cursor{1, 2});
    REQUIRE(std::holds_alternative<Pending>(*subscription.poll(2, 1000)));
    REQUIRE(std::get<Batch>(*subscription.poll(2, 1000)).messages.size() == 1);
    REQUIRE(std::holds_alternative<Pending>(*subscription.poll(2, 1000)));
    REQUIRE(std::get<Gap>(*subscription.poll(2, 1000)).lost == 6);
    REQUIRE(subscription.position() == Cursor{1, 10});
    REQUIRE(std::holds_alternative<End>(*subscription.poll(2, 1000)));
    subscription.close();
    REQUIRE(subscription.poll(2, 1000).error().code() == ErrorCode::closed);
}
