// ItemSink: where the items of a stream are written to, from any thread, and how they get to a body
// on the loop's thread. What is sent between two turns of the loop leaves in one piece.
#pragma once

#include <cstddef>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>

#include <tidewire/function.hpp>
#include <tidewire/stream.hpp>

#include "base/runtime.hpp"
#include "http/body.hpp"
#include "patterns/request_response/items.hpp"

namespace tidewire::patterns::request_response {

class ItemSink : public std::enable_shared_from_this<ItemSink> {
public:
    using Flow = StreamWriter::Flow;

    ItemSink(std::shared_ptr<base::Inbox> inbox, ItemFraming framing)
        : inbox_(std::move(inbox)), framing_(framing) {}
    virtual ~ItemSink() = default;
    ItemSink(const ItemSink&) = delete;
    ItemSink& operator=(const ItemSink&) = delete;

    // Any thread.
    Flow send(std::string_view json);
    [[nodiscard]] Flow flow();
    // False: its loop has ended.
    [[nodiscard]] bool alive() const { return inbox_->post([] {}); }
    void when_drained(Function<void()> ring);
    void end();
    void fail(const Error& error);

protected:
    // Loop thread, before the first byte: the body to write to. Empty: nobody reads it.
    virtual http::BodyWriter begin() = 0;
    // Loop thread: it failed before the first item.
    virtual void refuse(const Error& error) = 0;
    // Loop thread: it failed after that; ends the body.
    virtual void break_off(http::BodyWriter& body, const Error& error) = 0;
    // Loop thread: fails it from this side, with what was sent before.
    void fail_now(const Error& error);
    [[nodiscard]] ItemFraming framing() const noexcept { return framing_; }

private:
    // The caller holds the lock.
    void post_flush();
    [[nodiscard]] Flow flow_now() const noexcept;
    void flush();
    void write(std::string_view bytes);
    void note_flow(http::Flow flow);
    void drained();

    const std::shared_ptr<base::Inbox> inbox_;
    const ItemFraming framing_;

    std::mutex mutex_;  // of these
    std::string pending_;
    bool posted_ = false;
    bool ended_ = false;
    std::optional<Error> failure_;
    bool full_ = false;
    bool closed_ = false;
    Function<void()> ring_;

    // The loop's own.
    bool begun_ = false;
    bool over_ = false;
    http::BodyWriter body_;
    std::shared_ptr<ItemSink> waiting_;  // itself, while the body is to ring
    base::MemberWaiter<&ItemSink::drained> on_drained_{*this};
};

}  // namespace tidewire::patterns::request_response
