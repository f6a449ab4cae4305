#include "http/pool.hpp"

#include <algorithm>
#include <tuple>
#include <utility>

#include "http/client_connection.hpp"
#include "http/request_body.hpp"

namespace tidewire::http {
namespace {

// Idle connections are looked through this often, so they may live this much longer.
constexpr std::chrono::milliseconds kSweepInterval{500};

}  // namespace

void Operation::settle(Result<Response> result) {
    if (settled_) return;
    settled_ = true;
    timer_.disarm();
    pool_ = nullptr;
    if (request_body_) request_body_->close();
    if (source_) {  // `done` has had the head
        if (result) {
            source_->finish();
        } else {
            source_->fail(result.error());
        }
        return;
    }
    auto told = std::move(done);
    if (told) told(std::move(result));
}

void Operation::give_up(const Error& error) {
    if (settled_) return;
    const base::Ref<Operation> keep(this);
    Pool* pool = pool_;
    settle(error);
    if (pool != nullptr) pool->abandoned(*this);
}

void Operation::cancel() { give_up(Error(ErrorCode::cancelled)); }

void Operation::time_out() {
    const char* const why = source_                   ? "the answer was not whole by the deadline"
                            : connection_ != nullptr ? "no answer within the deadline"
                                                     : "no connection within the deadline";
    give_up(Error(ErrorCode::timeout, why));
}

bool Operation::idempotent() const noexcept {
    if (request_body_) return false;
    return method == "GET" || method == "HEAD" || method == "OPTIONS" || method == "PUT" ||
           method == "DELETE";
}

Pool::Pool(base::Loop& loop, PoolOptions options)
    : loop_(loop), options_(std::move(options)), authority_(options_.url.authority()) {}

Pool::~Pool() {
    close();
    if (turn_end_asked_) loop_.forget_turn_end(*this);
}

void Pool::submit(base::Ref<Operation> operation) {
    if (closed_) {
        operation->settle(Error(ErrorCode::misuse, "the client is closed"));
        return;
    }
    operation->pool_ = this;
    if (operation->timeout.count() > 0) {
        operation->deadline_ = loop_.now() + operation->timeout;
        operation->timer_.arm(loop_.timers(), operation->deadline_);
    }
    waiting_.push_back(std::move(operation));
    dispatch();
}

base::Ref<Operation> Pool::next_waiting() {
    while (!waiting_.empty()) {
        auto operation = std::move(waiting_.front());
        waiting_.pop_front();
        if (!operation->settled()) return operation;
    }
    return {};
}

void Pool::dispatch() {
    while (!waiting_.empty() && !idle_.empty()) {
        auto operation = next_waiting();
        if (!operation) return;
        if (operation->method.empty()) {  // wanted a connection only: there is one
            operation->settle(Response{});
            continue;
        }
        ClientConnection* connection = idle_.back();
        idle_.pop_back();
        connection->begin(std::move(operation));
    }
    while (dialing_.size() < waiting_.size() &&
           connections_.size() + dialing_.size() < options_.connections_max) {
        dial();
    }
}

void Pool::dial() {
    // The callback comes later, when the Dialing is in its place.
    auto where = std::make_shared<base::Dialing*>(nullptr);
    Function<void(Result<std::unique_ptr<base::ByteStream>>)> done =
        [this, where](Result<std::unique_ptr<base::ByteStream>> stream) {
            dialed(*where, std::move(stream));
        };
    const auto& [host, port] = std::tie(options_.url.host, options_.url.port);
    auto dialing =
        options_.tls
            ? options_.tls->dial(loop_, host, port, options_.connect_timeout, std::move(done))
            : loop_.dial(host, port, options_.connect_timeout, std::move(done));
    *where = dialing.get();
    dialing_.push_back(std::move(dialing));
}

void Pool::dialed(base::Dialing* dialing, Result<std::unique_ptr<base::ByteStream>> stream) {
    const auto found = std::find_if(dialing_.begin(), dialing_.end(), [dialing](const auto& each) {
        return each.get() == dialing;
    });
    // We are inside its callback, so it is destroyed at the end of the turn.
    retired_dialing_.push_back(std::move(*found));
    dialing_.erase(found);
    if (!turn_end_asked_) loop_.at_turn_end(*this);
    turn_end_asked_ = true;
    if (stream) {
        connections_.push_back(std::make_unique<ClientConnection>(*this, std::move(*stream)));
        freed(*connections_.back());
        return;
    }
    // Each attempt was made for one operation, so each failure fails one.
    if (auto operation = next_waiting()) operation->settle(stream.error());
    dispatch();
}

void Pool::freed(ClientConnection& connection) {
    idle_.push_back(&connection);
    if (!sweep_.armed()) sweep_.arm(loop_.timers(), loop_.now() + kSweepInterval);
    dispatch();
}

void Pool::retire(ClientConnection& connection) {
    idle_.erase(std::remove(idle_.begin(), idle_.end(), &connection), idle_.end());
    const auto found =
        std::find_if(connections_.begin(), connections_.end(),
                     [&connection](const auto& each) { return each.get() == &connection; });
    retired_.push_back(std::move(*found));
    connections_.erase(found);
    if (!turn_end_asked_) loop_.at_turn_end(*this);
    turn_end_asked_ = true;
}

void Pool::ended(ClientConnection& connection, base::Ref<Operation> operation, bool may_repeat,
                 const Error& why) {
    retire(connection);
    if (operation && !operation->settled()) {
        if (may_repeat && operation->idempotent() && !operation->sent_again_) {
            operation->sent_again_ = true;
            waiting_.push_front(std::move(operation));
        } else {
            operation->settle(why);
        }
    }
    if (!closed_) dispatch();
}

void Pool::abandoned(Operation& operation) {
    if (operation.connection_ != nullptr) {
        std::exchange(operation.connection_, nullptr)->drop();
        return;
    }
    // Left in the queue it would keep its body there; the queue is short or about to be.
    waiting_.erase(std::remove_if(waiting_.begin(), waiting_.end(),
                                  [&operation](const auto& each) {
                                      return each.get() == &operation;
                                  }),
                   waiting_.end());
}

void Pool::sweep() {
    const auto now = loop_.now();
    const auto idle = idle_;
    for (ClientConnection* connection : idle) {
        if (connection->idle_until() <= now) connection->drop();
    }
    if (!idle_.empty()) sweep_.arm(loop_.timers(), now + kSweepInterval);
}

void Pool::turn_ended() {
    turn_end_asked_ = false;
    retired_.clear();
    retired_dialing_.clear();
}

void Pool::close() {
    if (closed_) return;
    closed_ = true;
    sweep_.disarm();
    dialing_.clear();
    const Error closed(ErrorCode::closed, "the client is closed");
    auto waiting = std::exchange(waiting_, {});
    for (auto& operation : waiting) operation->settle(closed);
    while (!connections_.empty()) connections_.back()->close_with(closed);
}

}  // namespace tidewire::http
