#include "web_options.hpp"

#include <string>
#include <vector>

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

}  // namespace

void read_web_options(const py::dict& given, ServerOptions& options) {
    options.hosts = texts(given["hosts"], "hosts");
    options.tls = server_tls_from(given["tls"]);
    if (!given["cors"].is_none()) options.cors = cors_from(given["cors"]);
}

}  // namespace tidewire::python
