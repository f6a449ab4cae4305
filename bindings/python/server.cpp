#include "server.hpp"

#include <array>
#include <chrono>
#include <cmath>
#include <memory>
#include <unordered_set>
#include <utility>
#include <vector>

#include <pybind11/stl.h>

#include <tidewire/server.hpp>

#include "gc.hpp"
#include "handler.hpp"
#include "handoff.hpp"
#include "response.hpp"
#include "state.hpp"
#include "tls_options.hpp"
#include "web_options.hpp"

namespace tidewire::python {
namespace {

class PyServer;
// NOLINTNEXTLINE: the servers of this process, for its end; touched with the GIL.
std::unordered_set<PyServer*> all_servers;

struct SizeLimit {
    const char* name;
    std::size_t Limits::*member;
};
constexpr std::array<SizeLimit, 10> kSizeLimits{{
    {"request_line_bytes_max", &Limits::request_line_bytes_max},
    {"header_bytes_max", &Limits::header_bytes_max},
    {"header_fields_max", &Limits::header_fields_max},
    {"body_bytes_max", &Limits::body_bytes_max},
    {"json_depth_max", &Limits::json_depth_max},
    {"inflate_ratio_max", &Limits::inflate_ratio_max},
    {"connections_max", &Limits::connections_max},
    {"connections_per_address_max", &Limits::connections_per_address_max},
    {"pipeline_max", &Limits::pipeline_max},
    {"unsent_bytes_max", &Limits::unsent_bytes_max},
}};
struct TimeLimit {
    const char* name;
    std::chrono::milliseconds Limits::*member;
};
constexpr std::array<TimeLimit, 5> kTimeLimits{{
    {"tls_handshake_timeout", &Limits::tls_handshake_timeout},
    {"header_read_timeout", &Limits::header_read_timeout},
    {"body_idle_timeout", &Limits::body_idle_timeout},
    {"keep_alive_idle_timeout", &Limits::keep_alive_idle_timeout},
    {"stop_grace", &Limits::stop_grace},
}};

double seconds(std::chrono::milliseconds duration) {
    return std::chrono::duration<double>(duration).count();
}

std::chrono::milliseconds milliseconds_or_raise(py::handle object, const char* name) {
    const double value = PyFloat_AsDouble(object.ptr());
    if (PyErr_Occurred() == nullptr && value >= 0 && value < 3.2e9) {
        return std::chrono::milliseconds(static_cast<std::int64_t>(std::ceil(value * 1e3)));
    }
    PyErr_Clear();
    raise(Error(ErrorCode::invalid_argument, std::string(name) + " is 0 or more seconds"));
}

Limits limits_from(const py::dict& given) {
    Limits limits;
    for (const auto& row : kSizeLimits) {
        if (!given.contains(row.name)) continue;
        const std::int64_t value = integer_or_raise(given[row.name], row.name);
        if (value < 0) raise(ErrorCode::invalid_argument, row.name);
        limits.*row.member = static_cast<std::size_t>(value);
    }
    for (const auto& row : kTimeLimits) {
        if (!given.contains(row.name)) continue;
        limits.*row.member = milliseconds_or_raise(given[row.name], row.name);
    }
    return limits;
}

py::dict default_limits() {
    const Limits limits;
    py::dict defaults;
    for (const auto& row : kSizeLimits) defaults[row.name] = limits.*row.member;
    for (const auto& row : kTimeLimits) defaults[row.name] = seconds(limits.*row.member);
    return defaults;
}

class PyServer {
public:
    PyServer(const py::object& host, const py::object& address, std::size_t loops,
             const py::dict& limits, bool debug, const py::dict& web)
        : owner_(host), host_(&py::cast<HostLoop&>(host)) {
        host_->check();
        ServerOptions options;
        options.address = text_or_raise(address, "address");
        options.loops = loops;
        options.limits = limits_from(limits);
        options.debug = debug;
        options.host = host_->core();
        read_web_options(web, options);
        server_ = std::make_unique<Server>(std::move(options));
        debug_ = debug;
        all_servers.insert(this);
    }
    ~PyServer() {
        all_servers.erase(this);
        end();
    }
    PyServer(const PyServer&) = delete;
    PyServer& operator=(const PyServer&) = delete;

    void add(const py::object& handler, const std::optional<std::string>& http_method,
             const std::string& name, const py::object& submit, std::size_t jobs_max, bool pure) {
        host_->check();
        py::cast<Handler&>(handler).bind(debug_, submit, jobs_max);
        const std::uint32_t number = host_->add(handler);
        numbers_.push_back(number);
        AsyncHandler hand_over = host_->core()->handler(number);
        if (http_method) {
            value_or_raise(server_->route_async(*http_method, name, std::move(hand_over)));
        } else {
            value_or_raise(server_->method_raw(
                name, std::move(hand_over), false,
                {.pure = pure, .streams = py::cast<Handler&>(handler).streams()}));
        }
    }

    // The hook that is asked before every handler.
    void set_admission(const py::object& handler, const py::object& submit, std::size_t jobs_max) {
        host_->check();
        py::cast<Handler&>(handler).bind(debug_, submit, jobs_max);
        const std::uint32_t number = host_->add(handler);
        numbers_.push_back(number);
        value_or_raise(server_->admission_raw(host_->core()->handler(number)));
    }

    // From now on the loop keeps the server until it is stopped.
    static void start(const py::object& self) {
        auto& server = py::cast<PyServer&>(self);
        server.host_->check();
        Result<void> started;
        {
            const py::gil_scoped_release released;
            started = server.server_->start();
        }
        value_or_raise(started);
        server.host_->hold(self);
    }

    // A future; `grace` in seconds, None for the limit's. With its loop at an end it stops at once.
    static py::object stop(const py::object& self, const py::object& grace) {
        auto& server = py::cast<PyServer&>(self);
        if (server.host_->forked()) server.host_->check();
        if (server.host_->closed()) {
            server.end();
            return py::none();
        }
        server.host_->check();
        std::chrono::milliseconds milliseconds(-1);
        if (!grace.is_none()) milliseconds = milliseconds_or_raise(grace, "grace");
        auto operation = server.host_->expect(Outcome::nothing, self);
        server.server_->stop_async(
            milliseconds, [done = server.host_->core()->completion_void(operation.id)]() mutable {
                done(Result<void>());
            });
        return std::move(operation.future);
    }

    // After stop(): nothing comes any more.
    static void release(const py::object& self) {
        auto& server = py::cast<PyServer&>(self);
        for (const std::uint32_t number : server.numbers_) server.host_->remove(number);
        server.numbers_.clear();
        server.host_->let_go(self.ptr());
    }

    void end() {
        if (!server_) return;
        if (host_->forked()) {
            (void)server_.release();  // its threads are the parent's
            return;
        }
        const auto server = std::move(server_);
        const py::gil_scoped_release released;
        (void)server->stop(std::chrono::milliseconds(0));
    }

    void reload_tls(const py::object& given) {
        host_->check();
        const auto tls = server_tls_from(given);
        if (!server_ || !tls) raise(ErrorCode::misuse, "the server is not running");
        Result<void> reloaded;
        {
            const py::gil_scoped_release released;
            reloaded = server_->reload_tls(*tls);
        }
        value_or_raise(reloaded);
    }

    void set_ready(bool ready) {
        if (host_->forked() || !server_) raise(ErrorCode::misuse, "the server has ended");
        server_->set_ready(ready);
    }

    [[nodiscard]] std::string url() const { return server_ ? server_->url() : std::string(); }
    [[nodiscard]] int port() const { return server_ ? server_->port() : 0; }
    [[nodiscard]] py::tuple stats() const {
        if (host_->forked() || !server_) raise(ErrorCode::misuse, "the server has ended");
        const ServerStats stats = server_->stats();
        return py::make_tuple(stats.connections, stats.connections_accepted, stats.requests,
                              stats.requests_in_flight, stats.requests_cancelled,
                              stats.protocol_errors, stats.app_stall_seconds);
    }

    int traverse(visitproc visit, void* arg) const {
        Py_VISIT(owner_.ptr());
        return 0;
    }
    void clear_references() {}

private:
    py::object owner_;
    HostLoop* host_;
    std::unique_ptr<Server> server_;
    std::vector<std::uint32_t> numbers_;
    bool debug_ = false;
};

}  // namespace

void add_server_type(py::module_& module) {
    py::class_<PyServer>(module, "Server", collected<PyServer>())
        .def(py::init<const py::object&, const py::object&, std::size_t, const py::dict&, bool,
                      const py::dict&>(),
             py::arg("host"), py::arg("address"), py::arg("loops"), py::arg("limits"),
             py::arg("debug"), py::arg("web"))
        .def("add", &PyServer::add, py::arg("handler"), py::arg("http_method"), py::arg("name"),
             py::arg("submit"), py::arg("jobs_max"), py::arg("pure") = false)
        .def("set_admission", &PyServer::set_admission, py::arg("handler"), py::arg("submit"),
             py::arg("jobs_max"))
        .def("start", &PyServer::start)
        .def("stop", &PyServer::stop, py::arg("grace"))
        .def("release", &PyServer::release)
        .def("reload_tls", &PyServer::reload_tls, py::arg("tls"))
        .def("set_ready", &PyServer::set_ready, py::arg("ready"))
        .def("stats", &PyServer::stats)
        .def_property_readonly("url", &PyServer::url)
        .def_property_readonly("port", &PyServer::port);
    module.def("default_limits", &default_limits);
}

void stop_all_servers() {
    const std::unordered_set<PyServer*> servers = all_servers;
    for (PyServer* server : servers) {
        if (all_servers.contains(server)) server->end();
    }
}

}  // namespace tidewire::python
