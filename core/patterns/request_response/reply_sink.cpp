#include "patterns/request_response/reply_sink.hpp"

#include <string>
#include <utility>

#include <tidewire/response.hpp>

namespace tidewire::patterns::request_response {
namespace {

ItemFraming framing_for(const http::Exchange& exchange) {
    const auto accept = exchange.head.headers.get("accept").value_or("");
    return accepted_framing(accept).value_or(ItemFraming::ndjson);
}

}  // namespace

ReplySink::ReplySink(base::Ref<http::Exchange> exchange)
    : ItemSink(exchange->loop().inbox(), framing_for(*exchange)), exchange_(std::move(exchange)) {}

http::BodyWriter ReplySink::begin() {
    Response head{200, std::string(content_type_of(framing())), {}, {}};
    const bool events = framing() == ItemFraming::sse;
    head.headers.add_unchecked("Cache-Control", events ? "no-store, no-transform" : "no-store");
    // nginx would collect it before it passes it on.
    head.headers.add_unchecked("X-Accel-Buffering", "no");
    http::BodyWriter body = exchange_->stream(std::move(head));
    if (!body) return body;
    // The deadline covers the stream to its last item, and is told like any other failure.
    exchange_->on_overdue([weak = weak_from_this()] {
        const auto self = std::static_pointer_cast<ReplySink>(weak.lock());
        if (self) self->fail_now(Error(ErrorCode::timeout));
    });
    return body;
}

void ReplySink::refuse(const Error& error) { exchange_->respond(Response::problem(error)); }

void ReplySink::break_off(http::BodyWriter& body, const Error& error) {
    std::string last;
    write_failure(last, framing(), error);
    body.write(last);
    body.end();
}

}  // namespace tidewire::patterns::request_response
