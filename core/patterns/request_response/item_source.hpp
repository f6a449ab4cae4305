// ItemSource: where the items of a stream are read from, from any thread, and how they come from a
// body on the loop's thread. The body is read only while somebody asks, so that a slow reader slows
// the writer down.
#pragma once

#include <cstddef>
#include <memory>
#include <optional>

#include <tidewire/function.hpp>
#include <tidewire/stream.hpp>

#include "base/runtime.hpp"
#include "http/body.hpp"
#include "patterns/request_response/items.hpp"

namespace tidewire::patterns::request_response {

class ItemSource : public std::enable_shared_from_this<ItemSource> {
public:
    using Batch = StreamReader::Batch;
    using Done = Function<void(Result<Batch>)>;

    ItemSource(std::shared_ptr<base::Inbox> inbox, const ItemLimits& limits, ErrorCode wrong,
               ErrorCode cut)
        : inbox_(std::move(inbox)),
          depth_max_(limits.json_depth_max),
          decoder_(limits, wrong, cut) {}
    virtual ~ItemSource() = default;
    ItemSource(const ItemSource&) = delete;
    ItemSource& operator=(const ItemSource&) = delete;

    // Any thread.
    void read(Done done);
    void cancel();
    // False: its loop has ended.
    [[nodiscard]] bool alive() const { return inbox_->post([] {}); }
    // Of an item.
    [[nodiscard]] std::size_t depth_max() const noexcept { return depth_max_; }

protected:
    // Loop thread. The body has begun: it must last until detach(), or the end.
    void attach(http::Source& source);
    void detach() noexcept;
    // Loop thread. It ends with this, unless it has ended.
    void fail(const Error& error);
    // Loop thread: nobody reads on, or what came is wrong.
    virtual void give_up() {}
    // Loop thread: the last line has come.
    virtual void ended() {}

private:
    void ask(Done done);
    void pump();
    // False: there is nothing to be read now.
    bool take_piece(Batch& batch);
    void take_events(Batch& batch);
    void readable() { pump(); }
    void finish(Result<Batch> outcome);

    const std::shared_ptr<base::Inbox> inbox_;
    const std::size_t depth_max_;
    // The loop's own.
    ItemDecoder decoder_;
    http::Source* source_ = nullptr;
    Done asked_;
    bool ended_ = false;
    std::optional<Error> error_;
    std::shared_ptr<ItemSource> waiting_;  // itself, while the body is to ring
    base::MemberWaiter<&ItemSource::readable> on_readable_{*this};
};

}  // namespace tidewire::patterns::request_response
