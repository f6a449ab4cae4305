// HostLoop: one asyncio event loop as a host of the core (tidewire::Host).
//
// The core rings an eventfd that the loop watches with add_reader(); what it calls is a Reader,
// which drains the queue in batches. The loop alone owns the Reader, so that the end of the loop,
// however it comes (close(), garbage collection), is the end of the Reader, and that closes the
// host: callers still waiting get no_responders at once.
//
// Everything here is touched on the loop's thread with the GIL. The core's threads only push into
// the queue and write the eventfd; they never take the GIL and own no Python object.
#pragma once

#include <pybind11/pybind11.h>

#include <chrono>
#include <cstdint>
#include <memory>
#include <unordered_map>
#include <vector>

#include <tidewire/client.hpp>
#include <tidewire/function.hpp>
#include <tidewire/host.hpp>

namespace tidewire::python {

namespace py = pybind11;

class Handler;
struct Exchange;
struct RequestObject;

// How the result of an operation becomes a Python object.
enum class Outcome {
    nothing,   // None
    response,  // a Response
    value,     // the JSON in the Response, or the error that it bears
    items,     // those of a stream: (list, whether they are the last ones)
};

class HostLoop {
public:
    explicit HostLoop(py::object loop);
    ~HostLoop();
    HostLoop(const HostLoop&) = delete;
    HostLoop& operator=(const HostLoop&) = delete;

    // misuse in a child of fork(), after the loop's end, and on another loop or thread.
    void check() const;
    // Called by the Reader. Null with an exception set when a handler's KeyboardInterrupt or
    // SystemExit must reach the loop; what was not handled yet is handled the next time.
    [[nodiscard]] PyObject* drain(const py::object& self);

    // The number under which requests for `handler` come; it is kept until remove().
    std::uint32_t add(py::object handler);
    void remove(std::uint32_t number);

    // A future for an operation, and the number under which it completes. `also` is kept until
    // then. `cancel` asks the core to give up.
    struct Operation {
        std::uint64_t id;
        py::object future;
    };
    Operation expect(Outcome outcome, py::object also = {});
    void set_cancel(std::uint64_t id, Function<void()> cancel);
    void cancel(std::uint64_t id);

    // Tasks of async handlers, for cancelling them, and plain handlers, which look at what they
    // were given of the request (null: nothing).
    void add_task(PyObject* task, Exchange* exchange);
    void forget_task(std::uint64_t id) noexcept { tasks_.erase(id); }
    void add_job(std::uint64_t id, RequestObject* view) { jobs_.emplace(id, view); }
    void forget_job(std::uint64_t id) noexcept { jobs_.erase(id); }
    [[nodiscard]] std::size_t jobs() const noexcept { return jobs_.size(); }
    // A new task, by the factory that the program has set; null with an exception set.
    [[nodiscard]] bool has_own_task_factory() const noexcept { return own_task_factory_; }
    [[nodiscard]] PyObject* make_task(PyObject* coroutine, PyObject* name) const;

    // Objects that live as long as they serve, though nobody else may hold them.
    void hold(py::object object) { held_.push_back(std::move(object)); }
    void let_go(PyObject* object);
    // Clients under way here: closed with the loop.
    void add_client(std::uint64_t number, Client client) { clients_.emplace(number, client); }
    void forget_client(std::uint64_t number) { clients_.erase(number); }

    [[nodiscard]] int wake_fd() const noexcept { return wake_fd_; }
    [[nodiscard]] PyObject* loop() const noexcept { return loop_.ptr(); }
    [[nodiscard]] const std::shared_ptr<Host>& core() const noexcept { return core_; }
    [[nodiscard]] bool closed() const noexcept { return closed_; }
    [[nodiscard]] bool forked() const noexcept;

    // The loop is at its end, or the interpreter. Idempotent.
    void close();

    int traverse(visitproc visit, void* arg) const;
    void clear_references() { close(); }

private:
    struct Pending {
        Outcome outcome;
        py::object future;
        py::object also;
        Function<void()> cancel;
    };

    void release_objects();
    [[nodiscard]] bool handle(const py::object& self, HostEvent& event);
    [[nodiscard]] bool on_request(const py::object& self, HostEvent& event);
    [[nodiscard]] bool on_cancelled(std::uint64_t id);
    [[nodiscard]] bool on_completed(HostEvent& event);
    [[nodiscard]] bool look_at_task_factory();
    void clear_wake() const;
    void set_wake() const;
    void leak_core() noexcept;

    py::object loop_;
    unsigned generation_;
    int wake_fd_ = -1;
    bool closed_ = false;
    bool own_task_factory_ = false;  // the user has set one on the loop
    std::shared_ptr<Host> core_;

    std::vector<HostEvent> batch_;
    std::size_t next_ = 0;  // in batch_

    struct Registered {
        py::object object;  // null: removed
        const Handler* handler;
    };
    std::vector<Registered> handlers_;
    struct Running {
        py::object task;
        Exchange* exchange;  // of the coroutine that the task keeps
    };
    std::unordered_map<std::uint64_t, Running> tasks_;
    std::unordered_map<std::uint64_t, RequestObject*> jobs_;
    std::unordered_map<std::uint64_t, Pending> pending_;
    std::uint64_t next_operation_ = 1;
    std::vector<py::object> held_;
    std::unordered_map<std::uint64_t, Client> clients_;
};

void add_handoff_types(py::module_& module);

// Closes every HostLoop of this process; for the interpreter's end.
void close_all_loops();

}  // namespace tidewire::python
