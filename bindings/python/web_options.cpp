#include "web_options.hpp"

#include <algorithm>
#include <string>
#include <string_view>
#include <vector>

#include <tidewire/etag.hpp>

#include "state.hpp"
#include "tls_options.hpp"

namespace tidewire::python {
namespace {

std::vector<std::string> texts(py::handle sequence, const char* name) {
    std::vector<std::string> out;
    for (const py::handle item : py::reinterpret_borrow<py::iterable>(sequence)) {
        out.push_back(text_or_raise(item, name));
    }
    return out;
}

Cors cors_from(const py::dict& given) {
    Cors cors;
    cors.origins = texts(given["origins"], "cors.origins");
    cors.methods = texts(given["methods"], "cors.methods");
    cors.headers = texts(given["headers"], "cors.headers");
    cors.expose = texts(given["expose"], "cors.expose");
    cors.credentials = py::cast<bool>(given["credentials"]);
    cors.max_age = std::chrono::seconds(integer_or_raise(given["max_age"], "cors.max_age"));
    return cors;
}

Compression compression_from(const py::dict& given) {
    const auto size = [&given](const char* name) {
        const std::int64_t value = integer_or_raise(given[name], name);
        if (value < 0) raise(ErrorCode::invalid_argument, name);
        return static_cast<std::size_t>(value);
    };
    Compression compression;
    compression.bytes_min = size("bytes_min");
    compression.bytes_max = size("bytes_max");
    compression.level = static_cast<int>(std::min<std::size_t>(size("level"), 10));
    compression.types = texts(given["types"], "compression.types");
    return compression;
}

}  // namespace

void read_web_options(const py::dict& given, ServerOptions& options) {
    options.hosts = texts(given["hosts"], "hosts");
    options.tls = server_tls_from(given["tls"]);
    if (!given["compression"].is_none()) {
        options.compression = compression_from(given["compression"]);
    }
    if (!given["cors"].is_none()) options.cors = cors_from(given["cors"]);
}

void add_web_functions(py::module_& module) {
    const auto etag = [](const py::object& content) {
        if (PyUnicode_Check(content.ptr()) != 0) {
            return make_etag(text_or_raise(content, "content"));
        }
        if (PyObject_CheckBuffer(content.ptr()) == 0) {
            raise(Error(ErrorCode::invalid_argument, "content is bytes or str"));
        }
        const auto bytes = py::reinterpret_steal<py::bytes>(PyBytes_FromObject(content.ptr()));
        if (!bytes) throw py::error_already_set();
        return make_etag(std::string_view(bytes));
    };
    module.def("make_etag", etag, py::arg("content"));
    module.def("if_match", &if_match, py::arg("field"), py::arg("tag"));
    module.def("if_none_match", &if_none_match, py::arg("field"), py::arg("tag"));
}

}  // namespace tidewire::python
