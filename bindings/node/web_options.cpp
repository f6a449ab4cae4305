#include "web_options.hpp"

#include <string>
#include <type_traits>
#include <vector>

#include <tidewire/etag.hpp>

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

Compression compression_from(const Napi::Object& given) {
    Compression compression;
    const auto read = [&given](const char* name, auto& out) {
        const Napi::Value value = given.Get(name);
        if (value.IsUndefined()) return;
        out = static_cast<std::remove_reference_t<decltype(out)>>(
            value.As<Napi::Number>().DoubleValue());
    };
    read("bytesMin", compression.bytes_min);
    read("bytesMax", compression.bytes_max);
    read("level", compression.level);
    read_texts(given, "types", compression.types);
    return compression;
}

// (content) -> its strong tag
Napi::Value make_tag(Handoff&, const Napi::CallbackInfo& info) {
    return text(info.Env(), make_etag(bytes(info[0])));
}

// (field, tag)
Napi::Value matches(Handoff&, const Napi::CallbackInfo& info) {
    return Napi::Boolean::New(info.Env(), if_match(utf8(info[0]), utf8(info[1])));
}

Napi::Value none_matches(Handoff&, const Napi::CallbackInfo& info) {
    return Napi::Boolean::New(info.Env(), if_none_match(utf8(info[0]), utf8(info[1])));
}

}  // namespace

void define_web_functions(Napi::Object& exports, Handoff& handoff) {
    define<&make_tag>(exports, "makeEtag", handoff);
    define<&matches>(exports, "ifMatch", handoff);
    define<&none_matches>(exports, "ifNoneMatch", handoff);
}

void read_web_options(const Napi::Object& given, ServerOptions& options) {
    read_texts(given, "hosts", options.hosts);
    options.tls = server_tls_from(given.Get("tls"));
    const Napi::Value compression = given.Get("compression");
    if (compression.IsObject()) {
        options.compression = compression_from(compression.As<Napi::Object>());
    }
    const Napi::Value cors = given.Get("cors");
    if (cors.IsObject()) options.cors = cors_from(cors.As<Napi::Object>());
}

}  // namespace tidewire::node
