#include "handoff.hpp"

#include <string>
#include <utility>

namespace tidewire::node {

void Doorbell::arm(napi_threadsafe_function function) {
    std::lock_guard lock(mutex_);
    function_ = function;
}

void Doorbell::ring() {
    std::lock_guard lock(mutex_);
    if (function_ == nullptr) return;
    (void)napi_call_threadsafe_function(function_, nullptr, napi_tsfn_nonblocking);
}

void Doorbell::silence() {
    std::lock_guard lock(mutex_);
    function_ = nullptr;
}

void Doorbell::hold(napi_env env, bool held) {
    std::lock_guard lock(mutex_);
    if (function_ == nullptr) return;
    if (held) {
        (void)napi_ref_threadsafe_function(env, function_);
    } else {
        (void)napi_unref_threadsafe_function(env, function_);
    }
}

Handoff::Handoff(Napi::Env env, const Napi::Object& callbacks)
    : env_(env),
      dispatch_(Napi::Persistent(callbacks.Get("dispatch").As<Napi::Function>())),
      make_error_(Napi::Persistent(callbacks.Get("makeError").As<Napi::Function>())) {
    auto events = Napi::Uint32Array::New(env, (kBatchMax + 1) * kEventWords);
    words_ = events.Data();
    events_ = Napi::Reference<Napi::Uint32Array>::New(events, 1);
}

Handoff::~Handoff() = default;

std::shared_ptr<Host> Handoff::host(Napi::Env env) {
    if (ended_) throw exception(env, Error(ErrorCode::misuse, "this environment has ended"));
    if (!host_) open(env);
    return host_;
}

void Handoff::open(Napi::Env env) {
    auto host = std::make_shared<Host>(HostOptions{}, [doorbell = doorbell_] { doorbell->ring(); });
    // The function's context must outlive the function, which only its finalizer knows.
    auto context = std::make_unique<std::shared_ptr<Handoff>>(shared_from_this());
    const auto finalize = [](napi_env, void* data, void*) {
        delete static_cast<std::shared_ptr<Handoff>*>(data);
    };
    napi_threadsafe_function function = nullptr;
    const napi_status status = napi_create_threadsafe_function(
        env, nullptr, nullptr, Napi::String::New(env, "tidewire"), 0, 1, context.get(), finalize,
        context.get(), &Handoff::on_wake, &function);
    if (status != napi_ok) throw Napi::Error::New(env);
    (void)context.release();
    (void)napi_unref_threadsafe_function(env, function);
    // After the function, so that it runs before the function's own hook.
    (void)napi_add_env_cleanup_hook(env, &Handoff::on_cleanup, this);
    doorbell_->arm(function);
    host_ = std::move(host);
}

void Handoff::on_cleanup(void* self) { static_cast<Handoff*>(self)->end(); }

void Handoff::end() {
    if (std::exchange(ended_, true)) return;
    doorbell_->silence();
    clients.each([](std::uint32_t, Client& client) { client.close(); });
    calls.clear();
    writers.clear();
    readers.clear();
    clients.clear();
    if (host_) host_->close();
    servers.clear();
    starts_.clear();
    replies_.clear();
    requests.clear();
    batch_.clear();
    results.clear();
    host_.reset();
    dispatch_.Reset();
    make_error_.Reset();
    events_.Reset();
}

void Handoff::on_wake(napi_env env, napi_value, void* context, void*) {
    // Without an environment the context may be gone already: look at nothing else.
    if (env == nullptr) return;
    const std::shared_ptr<Handoff> self = *static_cast<std::shared_ptr<Handoff>*>(context);
    if (!self->ended_) self->drain(env);
}

void Handoff::drain(napi_env env) {
    std::uint32_t done = 0;
    while (true) {
        const std::uint32_t count = fill();
        if (count == 0 && batch_position_ == batch_.size()) {
            batch_.clear();
            batch_position_ = 0;
            if (host_->drain(batch_) == 0) return;
            continue;
        }
        if (!run(env, count)) return;
        done += count;
        if (done < kBatchMax) continue;
        doorbell_->ring();  // the rest after the others' turn
        return;
    }
}

// Dispatches what fill() has taken and sends the replies. False when that was the last.
//
// Where a handler blocks, the replies before it in the batch wait for it. They do so once: after a
// long batch, replies go out one by one for a while.
bool Handoff::run(napi_env env, std::uint32_t count) {
    if (count == 0) return true;
    const auto began = std::chrono::steady_clock::now();
    const bool alive = dispatch(env, count);
    flush();
    if (std::chrono::steady_clock::now() - began > kLongBatch) {
        hasty_batches_ = kHastyBatches;
    } else if (hasty_batches_ > 0) {
        --hasty_batches_;
    }
    return alive && !ended_;
}

// Takes up to kBatchMax events of the batch into the array. 0 does not mean that the batch is at
// its end: events of requests that are gone make none.
std::uint32_t Handoff::fill() {
    std::uint32_t count = 0;
    slots_by_id_.clear();
    while (batch_position_ < batch_.size() && count < kBatchMax) {
        HostEvent& event = batch_[batch_position_++];
        if (put(event, words_ + (count + 1) * kEventWords)) ++count;
    }
    return count;
}

bool Handoff::put(HostEvent& event, std::uint32_t* words) {
    switch (event.kind) {
        case HostEvent::Kind::request:
            return put_request(event, words);
        case HostEvent::Kind::cancelled:
            return put_cancelled(event.id, words);
        case HostEvent::Kind::completed:
            put_completed(event, words);
            return true;
    }
    return false;
}

bool Handoff::put_request(HostEvent& event, std::uint32_t* words) {
    // No handler begins for a caller that is gone.
    if (event.request.cancelled()) return false;
    words[0] = static_cast<std::uint32_t>(EventKind::request);
    words[1] = event.handler;
    const Request& request = event.request;
    words[3] = (request.json_has_unsafe_integer() ? kUnsafe : 0) |
               (request.args_serializer() == Serializer::capnp ? kArgsCapnp : 0) |
               (request.reply_serializer() == Serializer::capnp ? kReplyCapnp : 0);
    words[2] = requests.add({event.id, std::move(event.request), std::move(event.reply)});
    if (!slots_by_id_.empty()) slots_by_id_.emplace(event.id, words[2]);
    return true;
}

// Cancellations are rare and come in crowds: the way from id to slot is an index that is made for
// the batch that needs it, so that no other request pays for it.
bool Handoff::put_cancelled(std::uint64_t id, std::uint32_t* words) {
    if (slots_by_id_.empty()) {
        requests.each([this](std::uint32_t slot, const PendingRequest& pending) {
            slots_by_id_.emplace(pending.id, slot);
        });
    }
    const auto found = slots_by_id_.find(id);
    if (found == slots_by_id_.end()) return false;
    const auto left = requests.find(found->second)->request.time_left();
    words[0] = static_cast<std::uint32_t>(EventKind::cancelled);
    words[1] = found->second;
    words[2] = left && left->count() <= 0 ? 1 : 0;
    return true;
}

void Handoff::put_completed(HostEvent& event, std::uint32_t* words) {
    const bool ok = event.result->has_value();
    words[0] = static_cast<std::uint32_t>(ok ? EventKind::completed : EventKind::failed);
    words[1] = static_cast<std::uint32_t>(event.id);
    words[3] = ok ? static_cast<std::uint32_t>((*event.result)->status) : 0;
    words[2] = results.add(std::move(*event.result));
    calls.erase(words[1]);
}

// False when the environment cannot run JavaScript any more. JavaScript catches what handlers
// throw; should something escape all the same, it is an uncaught exception, and the events after
// it are still dispatched.
bool Handoff::dispatch(napi_env env, std::uint32_t count) {
    std::uint32_t first = 0;
    while (first < count) {
        napi_handle_scope scope = nullptr;
        if (napi_open_handle_scope(env, &scope) != napi_ok) return false;
        napi_value arguments[2] = {};
        napi_value global = nullptr;
        (void)napi_create_uint32(env, count, &arguments[0]);
        (void)napi_create_uint32(env, first, &arguments[1]);
        (void)napi_get_global(env, &global);
        words_[0] = first;
        const napi_status status =
            napi_call_function(env, global, dispatch_.Value(), 2, arguments, nullptr);
        bool alive = status == napi_ok;
        if (status == napi_pending_exception && !ended_) {
            napi_value thrown = nullptr;
            napi_valuetype type = napi_undefined;
            (void)napi_get_and_clear_last_exception(env, &thrown);
            if (thrown != nullptr) (void)napi_typeof(env, thrown, &type);
            // A terminated worker has a pending exception without a value.
            alive = type != napi_undefined && type != napi_null && words_[0] >= first &&
                    napi_fatal_exception(env, thrown) == napi_ok;
        }
        (void)napi_close_handle_scope(env, scope);
        if (!alive) return false;
        first = status == napi_ok ? count : words_[0] + 1;
    }
    return true;
}

Napi::Value Handoff::error_object(Napi::Env env, const Error& error) const {
    const std::string_view name = error.name();
    const std::string_view message = error.message();
    return make_error_.Call({Napi::String::New(env, name.data(), name.size()),
                             Napi::String::New(env, message.data(), message.size())});
}

Napi::Error Handoff::exception(Napi::Env env, const Error& error) const {
    return {env, error_object(env, error)};
}

PendingRequest& Handoff::request_at(const Napi::Value& slot) {
    auto* pending = requests.find(slot.As<Napi::Number>().Uint32Value());
    if (pending == nullptr) {
        throw exception(slot.Env(), Error(ErrorCode::misuse, "the request was answered already"));
    }
    return *pending;
}

Result<Response> Handoff::take_result(const Napi::Value& slot) {
    const std::uint32_t index = slot.As<Napi::Number>().Uint32Value();
    if (results.find(index) == nullptr) {
        throw exception(slot.Env(), Error(ErrorCode::misuse, "the result was taken already"));
    }
    return results.take(index);
}

void Handoff::answer(std::uint32_t slot, Response response) {
    replies_.push_back({std::move(requests.take(slot).reply), std::move(response)});
    if (hasty_batches_ > 0) flush();
}

void Handoff::start(Function<void()> operation) { starts_.push_back(std::move(operation)); }

void Handoff::flush() {
    starting_.swap(starts_);
    for (auto& start : starting_) start();
    starting_.clear();
    for (PendingReply& pending : replies_) {
        (void)pending.reply.send(std::move(pending.response));
    }
    replies_.clear();
}

}  // namespace tidewire::node
