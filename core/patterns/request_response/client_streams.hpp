// The client's side of streamed calls: the reply that an operation streams, and the items that its
// request does.
#pragma once

#include <memory>
#include <string>

#include <tidewire/limits.hpp>
#include <tidewire/response.hpp>

#include "base/ref.hpp"
#include "http/pool.hpp"
#include "patterns/request_response/item_sink.hpp"
#include "patterns/request_response/item_source.hpp"

namespace tidewire::patterns::request_response {

// The items of a streamed reply. A response that is an error instead is collected, within
// body_bytes_max, and is the error of the stream.
class ReplySource final : public ItemSource {
public:
    ReplySource(std::shared_ptr<base::Inbox> inbox, base::Ref<http::Operation> operation,
                const Limits& limits);

    // Loop thread: the head of the response, or why there is none.
    void begin(Result<Response> head);

private:
    void give_up() override;
    void ended() override;
    void collect();
    void drop_rest();

    const base::Ref<http::Operation> operation_;
    const std::size_t body_bytes_max_;
    Response refusal_;
    std::shared_ptr<ItemSource> reading_;  // itself, while one of these waits
    base::MemberWaiter<&ReplySource::collect> on_refusal_{*this};
    base::MemberWaiter<&ReplySource::drop_rest> on_rest_{*this};
};

// Where the items of a streamed request go.
class RequestSink final : public ItemSink {
public:
    explicit RequestSink(std::shared_ptr<base::Inbox> inbox)
        : ItemSink(std::move(inbox), ItemFraming::ndjson) {}

    // Loop thread, before the operation is submitted.
    void open(http::BodyWriter body) { body_ = std::move(body); }

private:
    http::BodyWriter begin() override { return std::move(body_); }
    void refuse(const Error& error) override { body_.abort(error); }
    void break_off(http::BodyWriter& body, const Error& error) override { body.abort(error); }

    http::BodyWriter body_;
};

}  // namespace tidewire::patterns::request_response
