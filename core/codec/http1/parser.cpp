#include "codec/http1/parser.hpp"

#include <utility>

#include "codec/decoder.hpp"
#include "codec/http1/message_parser.hpp"

namespace tidewire::codec::http1 {

static_assert(Decoder<RequestParser>);
static_assert(Decoder<ResponseParser>);

void RequestHead::clear() {
    method.clear();
    target.clear();
    version_minor = 1;
    headers.clear();
    framing.clear();
}

void ResponseHead::clear() {
    status = 0;
    version_minor = 1;
    reason.clear();
    headers.clear();
    framing.clear();
}

namespace {

template <class Parser>
Result<std::optional<Event>> next_of(Parser& parser) {
    switch (parser.poll()) {
        case Signal::need_more: return std::optional<Event>();
        case Signal::head: return std::optional<Event>(HeadEvent{});
        case Signal::chunk: return std::optional<Event>(ChunkEvent{parser.chunk()});
        case Signal::end: return std::optional<Event>(EndEvent{});
        case Signal::failed: break;
    }
    return parser.error();
}

}  // namespace

class RequestParser::Impl final : public MessageParser<true> {
    using MessageParser::MessageParser;
};

RequestParser::RequestParser(const ParserLimits& limits) : impl_(std::make_unique<Impl>(limits)) {}
RequestParser::~RequestParser() = default;
void RequestParser::feed(std::string_view bytes) { impl_->feed(bytes); }
void RequestParser::feed_eof() { impl_->feed_eof(); }
Result<std::optional<Event>> RequestParser::next() { return next_of(*impl_); }
Signal RequestParser::poll() { return impl_->poll(); }
std::string_view RequestParser::chunk() const noexcept { return impl_->chunk(); }
const Error& RequestParser::error() const noexcept { return impl_->error(); }
void RequestParser::limit_body(std::size_t bytes_max) noexcept { impl_->limit_body(bytes_max); }
RequestHead& RequestParser::head() noexcept { return impl_->head(); }
void RequestParser::put_next_head_into(RequestHead& head) noexcept {
    impl_->put_next_head_into(head);
}
bool RequestParser::between() const noexcept { return impl_->between(); }
bool RequestParser::idle() const noexcept { return impl_->idle(); }
std::string_view RequestParser::unread() const noexcept { return impl_->unread(); }
bool RequestParser::version_unsupported() const noexcept { return impl_->version_unsupported(); }

class ResponseParser::Impl final : public MessageParser<false> {
    using MessageParser::MessageParser;
};

ResponseParser::ResponseParser(const ParserLimits& limits)
    : impl_(std::make_unique<Impl>(limits)) {}
ResponseParser::~ResponseParser() = default;
void ResponseParser::expect(bool head_request) { impl_->expect(head_request); }
void ResponseParser::feed(std::string_view bytes) { impl_->feed(bytes); }
void ResponseParser::feed_eof() { impl_->feed_eof(); }
Result<std::optional<Event>> ResponseParser::next() { return next_of(*impl_); }
void ResponseParser::limit_body(std::size_t bytes_max) noexcept { impl_->limit_body(bytes_max); }
ResponseHead& ResponseParser::head() noexcept { return impl_->head(); }
bool ResponseParser::idle() const noexcept { return impl_->idle(); }
std::string_view ResponseParser::unread() const noexcept { return impl_->unread(); }

}  // namespace tidewire::codec::http1
