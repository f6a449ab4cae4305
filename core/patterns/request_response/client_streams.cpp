#include "patterns/request_response/client_streams.hpp"

#include <utility>

namespace tidewire::patterns::request_response {

ReplySource::ReplySource(std::shared_ptr<base::Inbox> inbox, base::Ref<http::Operation> operation,
                         const Limits& limits)
    : ItemSource(std::move(inbox), {limits.body_bytes_max, limits.json_depth_max},
                 ErrorCode::invalid_data, ErrorCode::connection_lost),
      operation_(std::move(operation)),
      body_bytes_max_(limits.body_bytes_max) {}

void ReplySource::begin(Result<Response> head) {
    if (!head) return fail(head.error());
    if (head->status < 400 && is_ndjson(head->content_type)) return attach(operation_->source());
    refusal_ = std::move(*head);
    if (refusal_.status < 400) {
        fail(Error(ErrorCode::invalid_data, "the reply is no stream of items"));
        return give_up();
    }
    collect();
}

// The body of an error.
void ReplySource::collect() {
    const auto keep = shared_from_this();
    reading_.reset();
    while (refusal_.body.size() <= body_bytes_max_) {
        auto piece = operation_->source().read();
        if (!piece) return fail(piece.error());
        if (piece->kind == http::Piece::Kind::end) return fail(refusal_.error().error());
        if (piece->kind == http::Piece::Kind::pending) {
            reading_ = keep;
            operation_->source().when_readable(on_refusal_);
            return;
        }
        refusal_.body += piece->bytes;
    }
    fail(Error(ErrorCode::payload_too_large));
    give_up();
}

void ReplySource::give_up() {
    reading_.reset();
    operation_->cancel();
}

// Behind the last line there is only the end of the body, after which the connection is free again.
void ReplySource::ended() {
    detach();
    drop_rest();
}

void ReplySource::drop_rest() {
    const auto keep = shared_from_this();
    reading_.reset();
    const auto piece = operation_->source().read();
    if (!piece || piece->kind == http::Piece::Kind::end) return;
    if (piece->kind == http::Piece::Kind::bytes) return give_up();
    reading_ = keep;
    operation_->source().when_readable(on_rest_);
}

}  // namespace tidewire::patterns::request_response
