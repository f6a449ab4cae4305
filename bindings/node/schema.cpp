#include "schema.hpp"

#include <tidewire/schema.hpp>

#include "arguments.hpp"

namespace tidewire::node {
namespace {

SchemaOptions options_from(const Napi::Value& import_paths) {
    SchemaOptions options;
    if (import_paths.IsUndefined()) return options;
    const auto paths = import_paths.As<Napi::Array>();
    for (std::uint32_t index = 0; index < paths.Length(); ++index) {
        options.import_paths.push_back(utf8(paths.Get(index)));
    }
    return options;
}

// (path, import paths or undefined) -> the tables as JSON
Napi::Value schema_load(Handoff& handoff, const Napi::CallbackInfo& info) {
    const Schema schema =
        checked(handoff, info.Env(), Schema::load(utf8(info[0]), options_from(info[1])));
    return text(info.Env(), schema.describe());
}

// (text of a schema, import paths or undefined) -> the tables as JSON
Napi::Value schema_parse(Handoff& handoff, const Napi::CallbackInfo& info) {
    const Schema schema =
        checked(handoff, info.Env(), Schema::parse(utf8(info[0]), options_from(info[1])));
    return text(info.Env(), schema.describe());
}

}  // namespace

void define_schema_functions(Napi::Object& exports, Handoff& handoff) {
    define<&schema_load>(exports, "schemaLoad", handoff);
    define<&schema_parse>(exports, "schemaParse", handoff);
}

}  // namespace tidewire::node
