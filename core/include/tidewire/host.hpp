// Host: the seam for language bindings. One per event loop of the host language.
//
// Handlers registered through handler() do not run on the core's thread: each request becomes a
// HostEvent in one bounded queue, which the host's thread drains in batches. What the host starts
// (a call, a stop) comes back through the same queue as `completed`, with the number the host gave.
//
//     auto host = std::make_shared<Host>(HostOptions{}, [fd] { ring(fd); });
//     server.route_async("GET", "/", host->handler(7));
//     client.request(...).then(host->completion(42));
//     // on the host's thread, when rung:
//     while (host->drain(events) > 0) { for (auto& event : events) ...; events.clear(); }
//
// No thread of the core ever waits for the host or releases an object of it.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <mutex>
#include <vector>

#include <tidewire/host_queue.hpp>
#include <tidewire/reply.hpp>
#include <tidewire/request.hpp>
#include <tidewire/response.hpp>
#include <tidewire/result.hpp>
#include <tidewire/runtime.hpp>
#include <tidewire/server.hpp>
#include <tidewire/stream.hpp>

namespace tidewire {

struct HostEvent {
    enum class Kind : std::uint8_t {
        request,    // `handler`, `id`, `request`, `reply`: run the handler
        cancelled,  // `id` of a request given before: its caller is gone or its deadline passed
        completed,  // `id` of an operation of the host's, and `result`
    };
    Kind kind = Kind::request;
    std::uint32_t handler = 0;
    std::uint64_t id = 0;
    Request request;
    Reply reply;
    std::unique_ptr<Result<Response>> result;
};

struct HostOptions {
    // Requests waiting for the host; one more is answered `overloaded` at once.
    std::size_t queue_max = 16'384;
};

struct HostStats {
    double app_stall_seconds = 0;  // for how long events lay there while the host did not come
    std::size_t queued = 0;
    std::uint64_t overloaded = 0;  // requests refused since the queue was full
};

class Host : public std::enable_shared_from_this<Host> {
public:
    // `wake` as in HostQueue: rings, never waits, from any thread of the core.
    Host(HostOptions options, Function<void()> wake);
    ~Host();
    Host(const Host&) = delete;
    Host& operator=(const Host&) = delete;

    // The loop for this host's clients, made on first use. Null after close().
    [[nodiscard]] std::shared_ptr<Runtime> runtime();

    // A handler that hands its requests over under the number `handler`. `id` of the events is
    // unique in this host. A closed host answers no_responders.
    [[nodiscard]] AsyncHandler handler(std::uint32_t handler);
    // A continuation that hands the result over as `completed` with `id`.
    [[nodiscard]] Function<void(Result<Response>)> completion(std::uint64_t id);
    // The same for a read of a StreamReader. The Response has the items as a JSON list, and the
    // status 200, or 204 when they are the last ones.
    [[nodiscard]] Function<void(Result<StreamReader::Batch>)> completion_items(std::uint64_t id);
    // The same for operations without a result: the Response is an empty one.
    [[nodiscard]] Function<void(Result<void>)> completion_void(std::uint64_t id);

    // Host thread only; see HostQueue::drain.
    std::size_t drain(std::vector<HostEvent>& out) { return queue_.drain(out); }
    // Called by the loops of a server at the end of a turn that handed requests over.
    void ring() { queue_.ring_if_waiting(); }
    // Called by the loops of a server while it owes answers, so that a host that blocks is noticed
    // even when nothing new comes for it.
    void probe() { queue_.probe(); }

    // The host's loop ends: no wake-up after this has returned. Requests waiting are answered
    // no_responders, and so are all later ones. Also stops the clients' loop. Idempotent.
    void close();
    [[nodiscard]] HostStats stats() const;

private:
    void hand_over(std::uint32_t handler, Request request, Reply reply);
    [[nodiscard]] bool is_closed();

    HostQueue<HostEvent> queue_;
    std::atomic<std::uint64_t> next_id_{1};
    std::atomic<std::uint64_t> overloaded_{0};
    std::mutex runtime_mutex_;
    std::shared_ptr<Runtime> runtime_;
    bool closed_ = false;
};

}  // namespace tidewire
