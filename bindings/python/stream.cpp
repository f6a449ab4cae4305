#include "stream.hpp"

#include <string>
#include <utility>

#include "answer.hpp"
#include "gc.hpp"
#include "handler.hpp"
#include "handoff.hpp"
#include "state.hpp"
#include "value.hpp"

namespace tidewire::python {
namespace {

class PyWriter {
public:
    PyWriter(py::object owner, HostLoop& host, py::object handler, StreamWriter writer)
        : owner_(std::move(owner)),
          host_(&host),
          handler_(std::move(handler)),
          writer_(std::move(writer)) {}
    ~PyWriter() {
        if (host_->forked()) new StreamWriter(std::move(writer_));  // its loop is the parent's
    }
    PyWriter(const PyWriter&) = delete;
    PyWriter& operator=(const PyWriter&) = delete;

    // False: wait for drained() before the next one, or nobody reads on.
    [[nodiscard]] bool send(const py::object& item) {
        host_->check();
        const auto json = value_or_raise(to_json(item.ptr()));
        return writer_.send_json(json) == StreamWriter::Flow::flowing;
    }
    // A future.
    [[nodiscard]] py::object drained() {
        host_->check();
        auto operation = host_->expect(Outcome::nothing);
        writer_.when_drained(
            [done = host_->core()->completion_void(operation.id)]() mutable { done({}); });
        return std::move(operation.future);
    }
    void end() {
        if (!host_->forked()) writer_.end();
    }
    void fail(const py::object& exception) {
        if (host_->forked()) return;
        const auto error = error_from(exception.ptr());
        if (PyObject_IsInstance(exception.ptr(), PyExc_Exception) != 1) {
            // Cancelled by its reader, or the loop is about to end.
            writer_.fail(Error(handler_ ? ErrorCode::no_responders : ErrorCode::cancelled));
        } else if (handler_) {
            writer_.fail(error_for(py::cast<const Handler&>(handler_), exception.ptr()));
        } else {
            writer_.fail(error ? *error : Error(ErrorCode::cancelled, "the items broke off"));
        }
    }

    int traverse(visitproc visit, void* arg) const {
        Py_VISIT(owner_.ptr());
        Py_VISIT(handler_.ptr());
        return 0;
    }
    void clear_references() {}

private:
    py::object owner_;
    HostLoop* host_;
    py::object handler_;  // null: a client's
    StreamWriter writer_;
};

class PyReader {
public:
    PyReader(py::object owner, HostLoop& host, StreamReader reader)
        : owner_(std::move(owner)), host_(&host), reader_(std::move(reader)) {}
    ~PyReader() {
        if (host_->forked()) new StreamReader(std::move(reader_));
    }
    PyReader(const PyReader&) = delete;
    PyReader& operator=(const PyReader&) = delete;

    // A future of (items, whether they are the last ones).
    [[nodiscard]] py::object read() {
        host_->check();
        auto operation = host_->expect(Outcome::items);
        reader_.read(host_->core()->completion_items(operation.id));
        return std::move(operation.future);
    }
    void cancel() {
        if (!host_->forked()) reader_.cancel();
    }

    int traverse(visitproc visit, void* arg) const {
        Py_VISIT(owner_.ptr());
        return 0;
    }
    void clear_references() {}

private:
    py::object owner_;
    HostLoop* host_;
    StreamReader reader_;
};

}  // namespace

py::object new_writer(Exchange& exchange) {
    StreamWriter writer(exchange.request, std::move(exchange.reply));
    return py::cast(std::make_unique<PyWriter>(exchange.owner, *exchange.host,
                                               exchange.handler_object, std::move(writer)));
}

py::object new_reader(const Exchange& exchange) {
    return wrap_reader(exchange.owner, *exchange.host, StreamReader(exchange.request));
}

py::object wrap_writer(py::object owner, HostLoop& host, StreamWriter writer) {
    return py::cast(
        std::make_unique<PyWriter>(std::move(owner), host, py::object(), std::move(writer)));
}

py::object wrap_reader(py::object owner, HostLoop& host, StreamReader reader) {
    return py::cast(std::make_unique<PyReader>(std::move(owner), host, std::move(reader)));
}

void add_stream_types(py::module_& module) {
    py::class_<PyWriter>(module, "StreamWriter", collected<PyWriter>())
        .def("send", &PyWriter::send, py::arg("item"))
        .def("drained", &PyWriter::drained)
        .def("end", &PyWriter::end)
        .def("fail", &PyWriter::fail, py::arg("exception"));
    py::class_<PyReader>(module, "StreamReader", collected<PyReader>())
        .def("read", &PyReader::read)
        .def("cancel", &PyReader::cancel);
}

}  // namespace tidewire::python
