// The public handles to an exchange: tidewire/request.hpp and tidewire/reply.hpp.
#include <tidewire/request.hpp>

#include <utility>

#include <tidewire/reply.hpp>

#include "http/exchange.hpp"

namespace tidewire {

Request::Request(http::Exchange* exchange) noexcept : exchange_(exchange) {
    if (exchange_ != nullptr) exchange_->retain();
}
Request::Request(const Request& other) noexcept : Request(other.exchange_) {}
Request::Request(Request&& other) noexcept : exchange_(std::exchange(other.exchange_, nullptr)) {}
Request& Request::operator=(Request other) noexcept {
    std::swap(exchange_, other.exchange_);
    return *this;
}
Request::~Request() {
    if (exchange_ != nullptr) exchange_->release();
}

std::string_view Request::method() const noexcept { return exchange_->head.method; }
std::string_view Request::target() const noexcept { return exchange_->head.target; }
std::string_view Request::path() const noexcept { return exchange_->target().path; }
std::string_view Request::query_string() const noexcept { return exchange_->target().query; }

std::optional<std::string> Request::query(std::string_view name) const {
    return codec::query_value(query_string(), name);
}

std::string_view Request::param(std::string_view name) const noexcept {
    for (const auto& param : exchange_->params) {
        if (param.name == name) return param.value;
    }
    return {};
}
std::size_t Request::param_count() const noexcept { return exchange_->params.size(); }
Request::Param Request::param_at(std::size_t index) const noexcept {
    const auto& param = exchange_->params[index];
    return {param.name, param.value};
}

const Headers& Request::headers() const noexcept { return exchange_->head.headers; }
std::string_view Request::content_type() const noexcept { return exchange_->content_type(); }
std::string_view Request::body() const noexcept { return exchange_->body; }
std::string_view Request::peer() const noexcept { return exchange_->peer; }
const Principal* Request::principal() const noexcept { return exchange_->principal.get(); }
std::string_view Request::operation() const noexcept { return exchange_->operation; }
std::string_view Request::action() const noexcept { return exchange_->action; }
std::optional<std::chrono::milliseconds> Request::time_left() const noexcept {
    return exchange_->time_left();
}
bool Request::cancelled() const noexcept { return exchange_->cancelled(); }
std::stop_token Request::stop_token() const { return exchange_->stop_token(); }
bool Request::json_has_unsafe_integer() const noexcept {
    return exchange_->json_has_unsafe_integer;
}

Reply::Reply(http::Exchange* exchange) noexcept : exchange_(exchange) {
    if (exchange_ != nullptr) exchange_->retain();
}
Reply::Reply(Reply&& other) noexcept : exchange_(std::exchange(other.exchange_, nullptr)) {}
Reply& Reply::operator=(Reply&& other) noexcept {
    std::swap(exchange_, other.exchange_);
    return *this;
}
Reply::~Reply() {
    if (exchange_ == nullptr) return;
    (void)exchange_->respond(
        Response::problem(Error(ErrorCode::internal, "the handler gave no answer")));
    exchange_->release();
}

bool Reply::send(Response response) {
    if (exchange_ == nullptr) return false;
    auto* exchange = std::exchange(exchange_, nullptr);
    const bool sent = exchange->respond(std::move(response));
    exchange->release();
    return sent;
}

void Reply::give_over() noexcept {
    if (auto* exchange = std::exchange(exchange_, nullptr)) exchange->release();
}

bool Reply::fail(const Error& error) { return send(Response::problem(error)); }

}  // namespace tidewire
