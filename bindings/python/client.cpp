#include "client.hpp"

#include <algorithm>
#include <chrono>
#include <optional>
#include <utility>

#include <tidewire/client.hpp>

#include "coroutine.hpp"
#include "gc.hpp"
#include "handoff.hpp"
#include "response.hpp"
#include "state.hpp"
#include "stream.hpp"
#include "tls_options.hpp"
#include "value.hpp"

namespace tidewire::python {
namespace {

class PyClient {
public:
    PyClient(const py::object& host, const py::object& url, const py::object& timeout,
             const py::object& connect_timeout, const py::object& connections_max,
             const py::object& headers, const py::object& tls, bool compression)
        : owner_(host), host_(&py::cast<HostLoop&>(host)) {
        host_->check();
        ClientOptions options;
        options.timeout = value_or_raise(timeout_from(timeout)).value_or(options.timeout);
        timeout_ = options.timeout;
        options.connect_timeout =
            value_or_raise(timeout_from(connect_timeout)).value_or(options.connect_timeout);
        const std::int64_t connections = integer_or_raise(connections_max, "connections_max");
        if (connections < 1) raise(ErrorCode::invalid_argument, "connections_max is at least 1");
        options.connections_max = static_cast<std::size_t>(connections);
        options.headers = value_or_raise(headers_from(headers));
        options.tls = client_tls_from(tls);
        options.compression = compression;
        options.runtime = host_->core()->runtime();
        client_.emplace(
            value_or_raise(Client::create(text_or_raise(url, "url"), std::move(options))));
        host_->add_client(number(), *client_);
    }
    ~PyClient() {
        if (host_->forked()) {
            new std::optional<Client>(std::move(client_));  // its threads are the parent's
            client_.reset();
            return;
        }
        close();
    }
    PyClient(const PyClient&) = delete;
    PyClient& operator=(const PyClient&) = delete;

    // Each gives (number, future): the number is what Host.cancel() takes.
    py::tuple open() {
        check();
        return under_way(Outcome::nothing, client_->open(), [this](std::uint64_t id) {
            return host_->core()->completion_void(id);
        });
    }
    py::tuple call(const py::object& method, const py::object& args, const py::object& timeout,
                   const py::object& headers, bool capnp) {
        check();
        CallOptions options = options_from(timeout, headers);
        options.serializer = capnp ? Serializer::capnp : Serializer::json;
        std::string written;
        if (!args.is_none()) written = value_or_raise(to_body(args.ptr(), *options.serializer));
        return under_way(Outcome::value,
                         client_->call_raw(text_or_raise(method, "name"), std::move(written),
                                           std::move(options)),
                         [this](std::uint64_t id) { return host_->core()->completion(id); });
    }
    py::object stream(const py::object& method, const py::object& args, const py::object& timeout,
                      const py::object& headers) {
        check();
        std::string json;
        if (!args.is_none()) json = value_or_raise(to_json(args.ptr()));
        return wrap_reader(owner_, *host_,
                           client_->stream_json(text_or_raise(method, "name"), std::move(json),
                                                options_from(timeout, headers)));
    }
    py::tuple call_with_stream(const py::object& method, const py::object& timeout,
                               const py::object& headers) {
        check();
        auto started = client_->call_with_stream_json(text_or_raise(method, "name"),
                                                      options_from(timeout, headers));
        auto writer = wrap_writer(owner_, *host_, std::move(started.items));
        const py::tuple reply =
            under_way(Outcome::value, std::move(started.reply),
                      [this](std::uint64_t id) { return host_->core()->completion(id); });
        return py::make_tuple(std::move(writer), reply[0], reply[1]);
    }
    py::tuple stream_with_stream(const py::object& method, const py::object& timeout,
                                 const py::object& headers) {
        check();
        auto started = client_->stream_with_stream(text_or_raise(method, "name"),
                                                   options_from(timeout, headers));
        return py::make_tuple(wrap_writer(owner_, *host_, std::move(started.items)),
                              wrap_reader(owner_, *host_, std::move(started.replies)));
    }
    py::tuple request(const py::object& http_method, const py::object& target,
                      const py::object& headers, const py::object& json, bool with_json,
                      const py::object& body, const py::object& timeout) {
        check();
        RequestOptions options;
        options.headers = value_or_raise(headers_from(headers));
        options.timeout = bounded(timeout);
        if (with_json) {
            options.body = value_or_raise(to_json(json.ptr()));
            options.content_type = "application/json";
        } else {
            auto converted = value_or_raise(body_from(body.ptr()));
            if (!converted) raise(ErrorCode::invalid_argument, "a body is bytes, str or None");
            options.body = std::move(converted->bytes);
            options.content_type = std::move(converted->content_type);
        }
        if (auto named = take_content_type(options.headers)) {
            options.content_type = *std::move(named);
        }
        return under_way(Outcome::response,
                         client_->request(text_or_raise(http_method, "method"),
                                          text_or_raise(target, "target"), std::move(options)),
                         [this](std::uint64_t id) { return host_->core()->completion(id); });
    }

    void close() {
        if (closed_ || host_->forked()) return;
        closed_ = true;
        host_->forget_client(number());
        if (host_->closed()) return;  // which has closed it
        const py::gil_scoped_release released;
        client_->close();
    }
    void close_checked() {
        if (host_->forked()) host_->check();
        if (!closed_ && !host_->closed()) host_->check();
        close();
    }
    [[nodiscard]] bool closed() const noexcept { return closed_ || host_->closed(); }
    [[nodiscard]] std::string url() const { return client_ ? client_->url() : std::string(); }

    int traverse(visitproc visit, void* arg) const {
        Py_VISIT(owner_.ptr());
        return 0;
    }
    void clear_references() {}

private:
    [[nodiscard]] std::uint64_t number() const noexcept {
        return reinterpret_cast<std::uintptr_t>(this);
    }

    void check() const {
        if (closed_ && !host_->forked()) raise(ErrorCode::misuse, "the client is closed");
        host_->check();
    }

    [[nodiscard]] CallOptions options_from(const py::object& timeout,
                                           const py::object& headers) const {
        return {bounded(timeout), value_or_raise(headers_from(headers)), {}};
    }

    // The timeout that was asked for, within the deadline of the handler that calls.
    [[nodiscard]] std::chrono::milliseconds bounded(const py::object& seconds) const {
        const auto wanted = value_or_raise(timeout_from(seconds)).value_or(timeout_);
        const auto left = time_left_of_handler();
        if (!left) return wanted;
        if (left->count() <= 0) raise(ErrorCode::timeout, "the handler's own deadline has passed");
        return wanted.count() <= 0 ? *left : std::min(wanted, *left);
    }

    template <class T, class Complete>
    py::tuple under_way(Outcome outcome, Call<T> call, Complete complete) {
        auto operation = host_->expect(outcome);
        host_->set_cancel(operation.id, [call]() mutable { call.cancel(); });
        call.then(complete(operation.id));
        return py::make_tuple(operation.id, std::move(operation.future));
    }

    py::object owner_;
    HostLoop* host_;
    std::optional<Client> client_;
    std::chrono::milliseconds timeout_{};  // of operations that give none; 0: none
    bool closed_ = false;
};

}  // namespace

void add_client_type(py::module_& module) {
    py::class_<PyClient>(module, "Client", collected<PyClient>())
        .def(py::init<const py::object&, const py::object&, const py::object&, const py::object&,
                      const py::object&, const py::object&, const py::object&, bool>(),
             py::arg("host"), py::arg("url"), py::arg("timeout"), py::arg("connect_timeout"),
             py::arg("connections_max"), py::arg("headers"), py::arg("tls"),
             py::arg("compression"))
        .def("open", &PyClient::open)
        .def("call", &PyClient::call, py::arg("method"), py::arg("args"), py::arg("timeout"),
             py::arg("headers"), py::arg("capnp"))
        .def("stream", &PyClient::stream, py::arg("method"), py::arg("args"), py::arg("timeout"),
             py::arg("headers"))
        .def("call_with_stream", &PyClient::call_with_stream, py::arg("method"),
             py::arg("timeout"), py::arg("headers"))
        .def("stream_with_stream", &PyClient::stream_with_stream, py::arg("method"),
             py::arg("timeout"), py::arg("headers"))
        .def("request", &PyClient::request, py::arg("http_method"), py::arg("target"),
             py::arg("headers"), py::arg("json"), py::arg("with_json"), py::arg("body"),
             py::arg("timeout"))
        .def("close", &PyClient::close_checked)
        .def_property_readonly("closed", &PyClient::closed)
        .def_property_readonly("url", &PyClient::url);
}

}  // namespace tidewire::python
