#include "web_options.hpp"

#include <string>
#include <vector>

#include "arguments.hpp"
#include "tls_options.hpp"

namespace tidewire::node {
namespace {

// Leaves `out` as it is where nothing is given.
void read_texts(const Napi::Object& given, const char* name, std::vector<std::string>& out) {
    const Napi::Value value = given.Get(name);
    if (value.IsUndefined()) return;
    const auto array = value.As<Napi::Array>();
    out.clear();
    for (std::uint32_t i = 0; i < array.Length(); ++i) out.push_back(utf8(array.Get(i)));
}

Cors cors_from(const Napi::Object& given) {
    Cors cors;
    read_texts(given, "origins", cors.origins);
    read_texts(given, "methods", cors.methods);
    read_texts(given, "headers", cors.headers);
    read_texts(given, "expose", cors.expose);
    cors.credentials = given.Get("credentials").ToBoolean();
    if (const auto age = duration(given.Get("maxAgeMs"))) {
        cors.max_age = std::chrono::duration_cast<std::chrono::seconds>(*age);
    }
    return cors;
}

}  // namespace

void read_web_options(const Napi::Object& given, ServerOptions& options) {
    read_texts(given, "hosts", options.hosts);
    options.tls = server_tls_from(given.Get("tls"));
    const Napi::Value cors = given.Get("cors");
    if (cors.IsObject()) options.cors = cors_from(cors.As<Napi::Object>());
}

}  // namespace tidewire::node
