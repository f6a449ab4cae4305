#include <tidewire/host.hpp>

#include <utility>

#include "http/exchange.hpp"

namespace tidewire {

Host::Host(HostOptions options, Function<void()> wake)
    : queue_(options.queue_max, std::move(wake)) {}

Host::~Host() { close(); }

std::shared_ptr<Runtime> Host::runtime() {
    std::lock_guard lock(runtime_mutex_);
    if (closed_) return nullptr;
    if (!runtime_) runtime_ = Runtime::create(1);
    return runtime_;
}

AsyncHandler Host::handler(std::uint32_t handler) {
    return [weak = weak_from_this(), handler](Request request, Reply reply) {
        if (const auto host = weak.lock()) {
            host->hand_over(handler, std::move(request), std::move(reply));
        } else {
            reply.fail(Error(ErrorCode::no_responders));
        }
    };
}

// Loop thread.
void Host::hand_over(std::uint32_t handler, Request request, Reply reply) {
    const std::uint64_t id = next_id_.fetch_add(1, std::memory_order_relaxed);
    http::Exchange* exchange = request.exchange();
    HostEvent event;
    event.handler = handler;
    event.id = id;
    event.request = std::move(request);
    event.reply = std::move(reply);
    // Before the push: afterwards the host may have answered already.
    exchange->on_cancel([weak = weak_from_this(), id] {
        const auto host = weak.lock();
        if (!host) return;
        HostEvent cancelled;
        cancelled.kind = HostEvent::Kind::cancelled;
        cancelled.id = id;
        // Never refused for a full queue: a handler that is not told would go on.
        (void)host->queue_.push_always(std::move(cancelled));
    });
    // Rung by the server at the end of the loop's turn.
    if (queue_.push(std::move(event), HostQueue<HostEvent>::Ring::later)) return;
    const auto code = is_closed() ? ErrorCode::no_responders : ErrorCode::overloaded;
    if (code == ErrorCode::overloaded) overloaded_.fetch_add(1, std::memory_order_relaxed);
    event.reply.fail(Error(code));
}

bool Host::is_closed() {
    std::lock_guard lock(runtime_mutex_);
    return closed_;
}

Function<void(Result<Response>)> Host::completion(std::uint64_t id) {
    return [weak = weak_from_this(), id](Result<Response> result) {
        const auto host = weak.lock();
        if (!host) return;
        HostEvent event;
        event.kind = HostEvent::Kind::completed;
        event.id = id;
        event.result = std::make_unique<Result<Response>>(std::move(result));
        (void)host->queue_.push_always(std::move(event));
    };
}

Function<void(Result<StreamReader::Batch>)> Host::completion_items(std::uint64_t id) {
    return [complete = completion(id)](Result<StreamReader::Batch> batch) mutable {
        if (!batch) {
            complete(batch.error());
            return;
        }
        Response response{batch->ended ? 204 : 200, "application/json", {}, "["};
        for (const std::string& item : batch->items) {
            if (response.body.size() > 1) response.body += ',';
            response.body += item;
        }
        response.body += ']';
        complete(std::move(response));
    };
}

Function<void(Result<void>)> Host::completion_void(std::uint64_t id) {
    return [complete = completion(id)](Result<void> result) mutable {
        if (result) {
            complete(Response{});
        } else {
            complete(result.error());
        }
    };
}

void Host::close() {
    std::shared_ptr<Runtime> runtime;
    {
        std::lock_guard lock(runtime_mutex_);
        closed_ = true;
        runtime = std::move(runtime_);
    }
    for (auto& event : queue_.close()) {
        if (event.reply) event.reply.fail(Error(ErrorCode::no_responders));
    }
    if (runtime) runtime->stop();
}

HostStats Host::stats() const {
    return {queue_.stall_seconds(), queue_.size(), overloaded_.load(std::memory_order_relaxed)};
}

}  // namespace tidewire
