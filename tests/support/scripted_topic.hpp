// ScriptedTopic and ScriptedSubscription: the test doubles of broker/topic.hpp and
// subscription.hpp.
//
// A ScriptedSubscription answers poll() from a list that the test wrote, End when that is used up,
// and Pending before any answer as often as the test asks for. A ScriptedTopic appends to a vector
// and tells when the test says so.
#pragma once

#include <deque>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "broker/topic.hpp"

namespace tidewire::testing {

class ScriptedSubscription final : public broker::Subscription {
public:
    // Before each answer, this many times Pending.
    int pending_before_each = 0;

    void add(broker::Polled answer) {
        script_.push_back(std::move(answer));
        if (auto* waiter = std::exchange(waiter_, nullptr)) waiter->ring();
    }
    void fail(Error error) { error_ = std::move(error); }

    [[nodiscard]] Result<broker::Polled> poll(std::size_t messages_max, std::size_t) override {
        if (closed_) return Error(ErrorCode::closed);
        if (error_) return *error_;
        if (!script_.empty() && pending_told_ < pending_before_each) {
            ++pending_told_;
            return broker::Polled(broker::Pending{});
        }
        if (script_.empty()) return broker::Polled(broker::End{});
        pending_told_ = 0;
        broker::Polled answer = std::move(script_.front());
        script_.pop_front();
        if (auto* batch = std::get_if<broker::Batch>(&answer)) {
            if (batch->messages.size() > messages_max) {
                broker::Batch rest;
                rest.messages.assign(batch->messages.begin() + static_cast<long>(messages_max),
                                     batch->messages.end());
                batch->messages.resize(messages_max);
                script_.push_front(std::move(rest));
            }
            position_ = batch->messages.back()->cursor;
        } else if (const auto* gap = std::get_if<broker::Gap>(&answer)) {
            position_ = gap->resumes_after;
        }
        return answer;
    }
    void when_ready(base::Waiter& waiter) override { waiter_ = &waiter; }
    [[nodiscard]] broker::Cursor position() const noexcept override { return position_; }
    void close() override {
        closed_ = true;
        waiter_ = nullptr;
    }

private:
    std::deque<broker::Polled> script_;
    std::optional<Error> error_;
    base::Waiter* waiter_ = nullptr;
    broker::Cursor position_;
    int pending_told_ = 0;
    bool closed_ = false;
};

class ScriptedTopic final : public broker::Topic {
public:
    explicit ScriptedTopic(std::string name) : name_(std::move(name)) {}
    [[nodiscard]] std::string_view name() const noexcept override { return name_; }

    void append(std::vector<broker::Message> batch, broker::Appended& appended) override {
        waiting_.push_back({std::move(batch), &appended});
    }
    [[nodiscard]] std::unique_ptr<broker::Subscription> open(const broker::Start& start) override {
        opened.push_back(start);
        return std::make_unique<ScriptedSubscription>();
    }

    // Answers the oldest append: takes it, or refuses it whole.
    void accept() {
        auto [batch, appended] = take();
        std::vector<broker::Cursor> cursors;
        for (auto& message : batch) {
            message.topic = name_;
            message.offset = messages.size();
            message.cursor = {1, messages.size() + 1};
            cursors.push_back(message.cursor);
            messages.push_back(std::move(message));
        }
        appended->on_appended(cursors);
    }
    void refuse(const Error& error) { take().second->on_refused(error); }

    std::vector<broker::Message> messages;
    std::vector<broker::Start> opened;

private:
    std::pair<std::vector<broker::Message>, broker::Appended*> take() {
        auto first = std::move(waiting_.front());
        waiting_.pop_front();
        return first;
    }
    const std::string name_;
    std::deque<std::pair<std::vector<broker::Message>, broker::Appended*>> waiting_;
};

}  // namespace tidewire::testing
