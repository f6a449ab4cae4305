#include "handoff.hpp"

#include <sys/eventfd.h>
#include <unistd.h>

#include <limits>
#include <unordered_set>
#include <utility>

#include <tidewire/capnp_message.hpp>
#include <tidewire/value.hpp>

#include "coroutine.hpp"
#include "handler.hpp"
#include "job.hpp"
#include "request.hpp"
#include "response.hpp"
#include "state.hpp"
#include "value.hpp"

namespace tidewire::python {
namespace {

// One turn of the host's loop handles at most so much, so that its timers and other sockets have
// theirs; the eventfd stays set meanwhile.
constexpr std::size_t kEventsPerTurn = 1000;
constexpr std::chrono::milliseconds kTimePerTurn{2};

// NOLINTNEXTLINE: the HostLoops of this process, for its end; touched with the GIL.
std::unordered_set<HostLoop*> all_loops;

// A Python object from the result of an operation, or the exception it failed with.
struct Settled {
    py::object value;
    py::object exception;
};

Settled failed(const Error& error) { return {{}, exception_from(error)}; }

Settled settled_value(const Response& response) {
    const auto error = response.error();
    if (!error) return failed(error.error());
    if (response.body.empty()) return {py::none(), {}};
    const bool capnp = response.content_type == "application/capnp";
    const auto value = capnp ? decode_message(response.body) : response.json();
    if (!value) return failed(value.error());
    auto object = py::reinterpret_steal<py::object>(to_python(*value));
    if (!object) return {{}, take_exception()};
    return {std::move(object), {}};
}

// See Host::completion_items(). They were read within the limits that hold for each of them.
Settled settled_items(const Response& response) {
    const auto items = Value::parse(response.body, {std::numeric_limits<std::size_t>::max()});
    if (!items) return failed(items.error());
    const auto list = py::reinterpret_steal<py::object>(to_python(*items));
    if (!list) return {{}, take_exception()};
    return {py::make_tuple(list, response.status == 204), {}};
}

Settled settle(Outcome outcome, Result<Response>& result) {
    if (!result) return failed(result.error());
    switch (outcome) {
        case Outcome::nothing: break;
        case Outcome::response: return {wrap_response(std::move(*result)), {}};
        case Outcome::value: return settled_value(*result);
        case Outcome::items: return settled_items(*result);
    }
    return {py::none(), {}};
}

bool is_done(const py::object& future) {
    const auto done = py::reinterpret_steal<py::object>(
        PyObject_CallMethodNoArgs(future.ptr(), state().text_done));
    if (!done) PyErr_Clear();
    return !done || done.ptr() == Py_True;
}

}  // namespace

HostLoop::HostLoop(py::object loop) : loop_(std::move(loop)), generation_(process_generation()) {
    wake_fd_ = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    if (wake_fd_ < 0) raise(ErrorCode::unavailable, "no file descriptor left for an eventfd");
    core_ = std::make_shared<Host>(HostOptions{}, [fd = wake_fd_] {
        const std::uint64_t one = 1;
        [[maybe_unused]] const auto written = write(fd, &one, sizeof one);
    });
    all_loops.insert(this);
}

HostLoop::~HostLoop() {
    close();
    all_loops.erase(this);
}

bool HostLoop::forked() const noexcept { return generation_ != process_generation(); }

void HostLoop::check() const {
    if (forked()) raise(ErrorCode::misuse, "made before fork(): make a new one in the child");
    if (closed_) raise(ErrorCode::misuse, "its event loop is closed");
    const auto running =
        py::reinterpret_steal<py::object>(PyObject_CallNoArgs(state().get_running_loop));
    if (!running) throw py::error_already_set();
    if (running.ptr() == loop_.ptr()) return;
    raise(ErrorCode::misuse, running.is_none()
                                 ? "used outside of its event loop's thread"
                                 : "used on another event loop than the one it was made on");
}

void HostLoop::clear_wake() const {
    std::uint64_t count = 0;
    [[maybe_unused]] const auto size = read(wake_fd_, &count, sizeof count);
}

void HostLoop::set_wake() const {
    const std::uint64_t one = 1;
    [[maybe_unused]] const auto size = write(wake_fd_, &one, sizeof one);
}

PyObject* HostLoop::drain(const py::object& self) {
    if (closed_ || forked()) Py_RETURN_NONE;
    if (!look_at_task_factory()) return nullptr;
    const auto until = std::chrono::steady_clock::now() + kTimePerTurn;
    bool cleared = false;
    for (std::size_t handled = 0; !closed_; ++handled) {
        if (next_ == batch_.size()) {
            batch_.clear();
            next_ = 0;
            if (core_->drain(batch_) == 0) {
                if (cleared) Py_RETURN_NONE;
                // Cleared before the last look: an event that comes after that look rings anew.
                clear_wake();
                cleared = true;
                continue;
            }
        }
        // A handler's first step runs here, so each may take long.
        if (handled >= kEventsPerTurn || std::chrono::steady_clock::now() > until) break;
        HostEvent event = std::move(batch_[next_++]);
        if (!handle(self, event)) {
            if (!closed_) set_wake();
            return nullptr;
        }
    }
    if (cleared && !closed_) set_wake();
    Py_RETURN_NONE;
}

bool HostLoop::look_at_task_factory() {
    const auto factory = py::reinterpret_steal<py::object>(
        PyObject_CallMethodNoArgs(loop_.ptr(), state().text_get_task_factory));
    own_task_factory_ = factory && !factory.is_none();
    return static_cast<bool>(factory);
}

PyObject* HostLoop::make_task(PyObject* coroutine, PyObject* name) const {
    const auto create = py::reinterpret_steal<py::object>(
        PyObject_GetAttr(loop_.ptr(), state().text_create_task));
    if (!create) return nullptr;
    PyObject* const arguments[] = {coroutine, name};
    return PyObject_Vectorcall(create.ptr(), arguments, 1, state().names_name);
}

bool HostLoop::handle(const py::object& self, HostEvent& event) {
    switch (event.kind) {
        case HostEvent::Kind::request: return on_request(self, event);
        case HostEvent::Kind::cancelled: return on_cancelled(event.id);
        case HostEvent::Kind::completed: return on_completed(event);
    }
    return true;
}

bool HostLoop::on_request(const py::object& self, HostEvent& event) {
    if (event.handler >= handlers_.size() || !handlers_[event.handler].object) {
        event.reply.fail(Error(ErrorCode::no_responders));
        return true;
    }
    const Registered& registered = handlers_[event.handler];
    Exchange exchange{this,
                      registered.handler,
                      self,
                      registered.object,
                      std::move(event.request),
                      std::move(event.reply),
                      event.id};
    return registered.handler->is_async() ? start_coroutine(std::move(exchange))
                                          : start_job(std::move(exchange));
}

bool HostLoop::on_cancelled(std::uint64_t id) {
    const auto found = tasks_.find(id);
    if (found == tasks_.end()) return true;
    const py::object task = found->second.task;
    const auto answer = py::reinterpret_steal<py::object>(
        PyObject_CallMethodNoArgs(task.ptr(), state().text_cancel));
    return static_cast<bool>(answer);
}

bool HostLoop::on_completed(HostEvent& event) {
    auto found = pending_.extract(event.id);
    if (found.empty()) return true;
    const Pending& pending = found.mapped();
    if (is_done(pending.future)) return true;
    const Settled settled = event.result ? settle(pending.outcome, *event.result)
                                         : failed(Error(ErrorCode::internal));
    const auto answer = py::reinterpret_steal<py::object>(
        settled.exception
            ? PyObject_CallMethodOneArg(pending.future.ptr(), state().text_set_exception,
                                        settled.exception.ptr())
            : PyObject_CallMethodOneArg(pending.future.ptr(), state().text_set_result,
                                        settled.value.ptr()));
    return static_cast<bool>(answer);
}

// Numbers are not used again: a request on its way must not meet another handler than its own.
std::uint32_t HostLoop::add(py::object handler) {
    const Handler& registered = py::cast<const Handler&>(handler);
    handlers_.push_back({std::move(handler), &registered});
    return static_cast<std::uint32_t>(handlers_.size() - 1);
}

void HostLoop::remove(std::uint32_t number) {
    if (number >= handlers_.size()) return;
    const py::object released = std::exchange(handlers_[number].object, py::object());
}

HostLoop::Operation HostLoop::expect(Outcome outcome, py::object also) {
    py::object future = loop_.attr("create_future")();
    const std::uint64_t id = next_operation_++;
    pending_.emplace(id, Pending{outcome, future, std::move(also), {}});
    return {id, std::move(future)};
}

void HostLoop::set_cancel(std::uint64_t id, Function<void()> cancel) {
    const auto found = pending_.find(id);
    if (found != pending_.end()) found->second.cancel = std::move(cancel);
}

void HostLoop::cancel(std::uint64_t id) {
    const auto found = pending_.find(id);
    if (forked() || found == pending_.end() || !found->second.cancel) return;
    Function<void()> cancel = std::move(found->second.cancel);
    found->second.cancel.reset();
    cancel();
}

void HostLoop::add_task(PyObject* task, Exchange* exchange) {
    tasks_.insert_or_assign(exchange->id,
                            Running{py::reinterpret_borrow<py::object>(task), exchange});
}

void HostLoop::let_go(PyObject* object) {
    for (std::size_t i = 0; i < held_.size(); ++i) {
        if (held_[i].ptr() != object) continue;
        const py::object released = std::move(held_[i]);
        held_.erase(held_.begin() + static_cast<std::ptrdiff_t>(i));
        return;
    }
}

void HostLoop::close() {
    if (closed_) return;
    closed_ = true;
    if (forked()) {
        // Their threads are the parent's: neither locks nor sockets may be touched here.
        leak_core();
        release_objects();
        return;
    }
    for (const auto& [id, view] : jobs_) {
        if (view != nullptr) view->abandoned = true;
    }
    // No loop will step these tasks again; their callers need not wait for the collector.
    for (const auto& [id, running] : tasks_) {
        running.exchange->reply.fail(Error(ErrorCode::no_responders));
    }
    for (; next_ < batch_.size(); ++next_) {
        if (batch_[next_].reply) batch_[next_].reply.fail(Error(ErrorCode::no_responders));
    }
    {
        const py::gil_scoped_release released;
        for (auto& [number, client] : clients_) client.close();
        core_->close();
        batch_.clear();
        clients_.clear();
    }
    next_ = 0;
    ::close(std::exchange(wake_fd_, -1));
    release_objects();
}

// Moved to where nobody destroys it.
void HostLoop::leak_core() noexcept {
    new std::vector<HostEvent>(std::move(batch_));
    new std::shared_ptr<Host>(std::move(core_));
    new std::unordered_map<std::uint64_t, Client>(std::move(clients_));
    for (auto& [id, pending] : pending_) new Function<void()>(std::move(pending.cancel));
    batch_.clear();
    clients_.clear();
}

int HostLoop::traverse(visitproc visit, void* arg) const {
    Py_VISIT(loop_.ptr());
    for (const auto& registered : handlers_) Py_VISIT(registered.object.ptr());
    for (const auto& [id, running] : tasks_) Py_VISIT(running.task.ptr());
    for (const auto& [id, pending] : pending_) {
        Py_VISIT(pending.future.ptr());
        Py_VISIT(pending.also.ptr());
    }
    for (const auto& object : held_) Py_VISIT(object.ptr());
    return 0;
}

void HostLoop::release_objects() {
    // Swapped out first: releasing one may come back here.
    const auto handlers = std::exchange(handlers_, {});
    const auto tasks = std::exchange(tasks_, {});
    const auto pending = std::exchange(pending_, {});
    const auto held = std::exchange(held_, {});
    const py::object loop = std::exchange(loop_, py::none());
}

void close_all_loops() {
    const std::unordered_set<HostLoop*> loops = all_loops;
    for (HostLoop* loop : loops) {
        if (all_loops.contains(loop)) loop->close();
    }
}

}  // namespace tidewire::python
