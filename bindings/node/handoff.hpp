// Handoff: how events of the core reach one JavaScript environment, and answers get back.
//
// One Handoff per copy of the package that an environment loads. It owns the Host, everything that
// the package made through it (servers, clients, requests in the handlers' hands) and the
// thread-safe function that wakes the environment. Per wake there is one call into JavaScript with
// all events that wait; an event is four numbers in a shared Uint32Array, and JavaScript pulls what
// else it needs by the functions of request.cpp and client.cpp.
//
// Thread: everything belongs to the environment's thread, except Doorbell::ring().
//
// The end of an environment follows one order: silence the doorbell, close clients, the Host, then
// servers, and drop what is left. It runs in an environment cleanup hook that is added after the
// thread-safe function was made: hooks run last in, first out, so no thread of the core can touch
// the function when it is gone (Node 20 aborts the process for that).
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <unordered_map>
#include <vector>

#include <napi.h>

#include <tidewire/call.hpp>
#include <tidewire/client.hpp>
#include <tidewire/host.hpp>
#include <tidewire/server.hpp>
#include <tidewire/stream.hpp>

namespace tidewire::node {

// The thread-safe function of an environment, guarded: after silence() nobody touches it.
class Doorbell {
public:
    void arm(napi_threadsafe_function function);
    void ring();  // any thread
    void silence();
    // Whether the environment is kept alive by this doorbell. Environment's thread.
    void hold(napi_env env, bool held);

private:
    std::mutex mutex_;
    napi_threadsafe_function function_ = nullptr;
};

// Values under small numbers that JavaScript can keep; numbers are used again.
template <class T>
class Slots {
public:
    std::uint32_t add(T value) {
        if (free_.empty()) {
            slots_.emplace_back(std::move(value));
            return static_cast<std::uint32_t>(slots_.size() - 1);
        }
        const std::uint32_t index = free_.back();
        free_.pop_back();
        slots_[index].emplace(std::move(value));
        return index;
    }
    // nullptr when nothing has that number.
    T* find(std::uint32_t index) noexcept {
        if (index >= slots_.size() || !slots_[index]) return nullptr;
        return &*slots_[index];
    }
    // Contract: find(index) is not nullptr.
    T take(std::uint32_t index) {
        T value = std::move(*slots_[index]);
        slots_[index].reset();
        free_.push_back(index);
        return value;
    }
    void clear() {
        slots_.clear();
        free_.clear();
    }
    template <class F>
    void each(F&& visit) {
        for (std::uint32_t index = 0; index < slots_.size(); ++index) {
            if (slots_[index]) visit(index, *slots_[index]);
        }
    }

private:
    std::vector<std::optional<T>> slots_;
    std::vector<std::uint32_t> free_;
};

// A request that a handler is at work on.
struct PendingRequest {
    std::uint64_t id = 0;
    Request request;
    Reply reply;
};

// An answer that is not sent yet: those of one turn leave together.
struct PendingReply {
    Reply reply;
    Response response;
};

// The kinds of event that JavaScript knows, with what its three other numbers are.
enum class EventKind : std::uint32_t {
    request = 1,    // handler, request slot, flags: see kUnsafe
    cancelled = 2,  // request slot, 1 if by its deadline, -
    completed = 3,  // operation, result slot, HTTP status
    failed = 4,     // operation, result slot, -
};

// Of a request, that a method must know: its JSON has an integer beyond +-(2^53 - 1); its arguments
// are a Cap'n Proto message; its reply is to be one. The same numbers are in runner.ts.
inline constexpr std::uint32_t kUnsafe = 1;
inline constexpr std::uint32_t kArgsCapnp = 2;
inline constexpr std::uint32_t kReplyCapnp = 4;

class Handoff : public std::enable_shared_from_this<Handoff> {
public:
    // Events of one call into JavaScript at most, so that timers and sockets of the application
    // get their turn.
    static constexpr std::uint32_t kBatchMax = 1000;
    static constexpr std::uint32_t kEventWords = 4;
    static constexpr std::chrono::milliseconds kLongBatch{5};
    static constexpr std::uint32_t kHastyBatches = 256;

    // `callbacks` has dispatch(count, first) and makeError(code, message).
    Handoff(Napi::Env env, const Napi::Object& callbacks);
    ~Handoff();
    Handoff(const Handoff&) = delete;
    Handoff& operator=(const Handoff&) = delete;

    // The Host, made on first use together with the doorbell. Throws misuse when ended.
    std::shared_ptr<Host> host(Napi::Env env);
    Doorbell& doorbell() noexcept { return *doorbell_; }
    // Runs from the cleanup hook. Idempotent.
    void end();

    // The exception for an error of the core.
    Napi::Error exception(Napi::Env env, const Error& error) const;
    Napi::Value error_object(Napi::Env env, const Error& error) const;

    // The event array, for JavaScript.
    Napi::Value events(Napi::Env env) const { return Napi::Value(env, events_.Value()); }

    PendingRequest& request_at(const Napi::Value& slot);
    Result<Response> take_result(const Napi::Value& slot);
    // Queue an answer and the start of an operation; flush() gives all of a turn to the core at
    // once, so that its thread is woken once.
    void answer(std::uint32_t slot, Response response);
    void start(Function<void()> operation);
    void flush();

    Slots<PendingRequest> requests;
    Slots<Result<Response>> results;
    Slots<std::unique_ptr<Server>> servers;
    Slots<Client> clients;
    Slots<StreamWriter> writers;
    Slots<StreamReader> readers;
    // What is under way and can be cancelled, by the number that JavaScript gave.
    std::unordered_map<std::uint32_t, Call<Response>> calls;

private:
    static void on_wake(napi_env env, napi_value function, void* context, void* data);
    static void on_cleanup(void* self);
    void open(Napi::Env env);
    void drain(napi_env env);
    std::uint32_t fill();
    bool put(HostEvent& event, std::uint32_t* words);
    bool put_request(HostEvent& event, std::uint32_t* words);
    bool put_cancelled(std::uint64_t id, std::uint32_t* words);
    void put_completed(HostEvent& event, std::uint32_t* words);
    bool run(napi_env env, std::uint32_t count);
    bool dispatch(napi_env env, std::uint32_t count);

    napi_env env_;
    Napi::FunctionReference dispatch_;
    Napi::FunctionReference make_error_;
    Napi::Reference<Napi::Uint32Array> events_;
    // Word 0: the event that JavaScript is at. The events follow from word kEventWords on.
    std::uint32_t* words_ = nullptr;

    std::shared_ptr<Doorbell> doorbell_ = std::make_shared<Doorbell>();
    std::shared_ptr<Host> host_;
    bool ended_ = false;
    std::vector<HostEvent> batch_;
    std::size_t batch_position_ = 0;
    std::unordered_map<std::uint64_t, std::uint32_t> slots_by_id_;
    std::vector<PendingReply> replies_;
    std::vector<Function<void()>> starts_;
    std::vector<Function<void()>> starting_;
    std::uint32_t hasty_batches_ = 0;  // during which replies are sent at once
};

}  // namespace tidewire::node
