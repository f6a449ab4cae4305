#include "http/server.hpp"

#include <utility>

#include "codec/http1/writer.hpp"
#include "http/server_connection.hpp"

namespace tidewire::http {
namespace {

// Time-outs of connections are checked this often, so they may come this much later.
constexpr std::chrono::milliseconds kSweepInterval{250};

std::string plain_answer() {
    const Response answer = Response::problem(
        Error(ErrorCode::protocol_error, "this port speaks TLS: use https://"));
    codec::http1::ResponseLine line;
    line.status = answer.status;
    line.content_type = answer.content_type;
    line.keep_alive = false;
    std::string out;
    codec::http1::write_response_head(out, line, answer.headers, answer.body.size());
    return out + answer.body;
}

}  // namespace

Server::Server(base::Loop& loop, const Limits& limits, ExchangeHandler& handler)
    : loop_(loop), limits_(limits), handler_(handler) {}

Server::~Server() {
    acceptor_.reset();
    end_all();
    if (retiring_) loop_.forget_turn_end(*this);
}

Result<std::uint16_t> Server::listen(const base::ListenOptions& options,
                                     std::shared_ptr<base::TlsServer> tls) {
    auto acceptor = loop_.listen(options, *this);
    if (!acceptor) return acceptor.error();
    acceptor_ = std::move(*acceptor);
    if (tls) plain_answer_ = plain_answer();
    tls_ = std::move(tls);
    return acceptor_->port();
}

bool Server::full(std::string_view address) const {
    if (connections_.size() >= limits_.connections_max) return true;
    const auto found = per_address_.find(std::string(address));
    const std::size_t open = found == per_address_.end() ? 0 : found->second;
    return open >= limits_.connections_per_address_max;
}

void Server::on_accepted(std::unique_ptr<base::ByteStream> stream) {
    if (!tls_) {
        adopt(std::move(stream));
        return;
    }
    if (full(stream->peer_address())) {
        // To say why would take a handshake, which is what there is no room for.
        counters_.connections_accepted.add(1);
        return;
    }
    adopt(tls_->accept(loop_, std::move(stream), limits_.tls_handshake_timeout, plain_answer_));
}

void Server::adopt(std::unique_ptr<base::ByteStream> stream) {
    counters_.connections_accepted.add(1);
    counters_.connections.add(1);
    const bool refused = full(stream->peer_address());
    ++per_address_[std::string(stream->peer_address())];
    auto connection = std::make_unique<ServerConnection>(*this, std::move(stream));
    connection->slot = connections_.size();
    connections_.push_back(std::move(connection));
    connections_.back()->start();
    if (refused) {
        connections_.back()->refuse(Error(ErrorCode::overloaded, "too many connections"));
    }
    if (!sweep_.armed()) sweep_.arm(loop_.timers(), loop_.now() + kSweepInterval);
}

void Server::retire(ServerConnection& connection) {
    counters_.connections.add(-1);
    const auto found = per_address_.find(std::string(connection.peer_address()));
    if (--found->second == 0) per_address_.erase(found);
    const std::size_t slot = connection.slot;
    retired_.push_back(std::move(connections_[slot]));
    if (slot + 1 != connections_.size()) {
        connections_[slot] = std::move(connections_.back());
        connections_[slot]->slot = slot;
    }
    connections_.pop_back();
    if (!retiring_) loop_.at_turn_end(*this);
    retiring_ = true;
}

void Server::turn_ended() {
    retiring_ = false;
    retired_.clear();
    tell_if_drained();
}

std::string_view Server::date() {
    const std::int64_t second = loop_.unix_seconds();
    if (second != date_second_) {
        date_second_ = second;
        date_ = codec::http1::http_date(second);
    }
    return date_;
}

void Server::sweep() {
    const auto now = loop_.now();
    // Backwards: a connection that ends here is replaced by the last, which was checked.
    for (std::size_t i = connections_.size(); i-- > 0;) connections_[i]->check_time(now);
    if (!connections_.empty()) sweep_.arm(loop_.timers(), now + kSweepInterval);
}

void Server::drain(std::chrono::milliseconds grace, Function<void()> drained) {
    draining_ = true;
    acceptor_.reset();
    if (drained) drained_.push_back(std::move(drained));
    for (std::size_t i = connections_.size(); i-- > 0;) connections_[i]->drain();
    if (grace.count() <= 0) {
        end_all();
    } else {
        grace_.arm(loop_.timers(), loop_.now() + grace);
    }
    if (!retiring_) loop_.at_turn_end(*this);
    retiring_ = true;
}

void Server::end_all() {
    for (std::size_t i = connections_.size(); i-- > 0;) connections_[i]->abort();
}

void Server::tell_if_drained() {
    if (!draining_ || !connections_.empty()) return;
    grace_.disarm();
    sweep_.disarm();
    // Whoever is told may destroy this server.
    auto drained = std::exchange(drained_, {});
    for (auto& told : drained) told();
}

}  // namespace tidewire::http
