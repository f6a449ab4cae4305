#include "value.hpp"

#include "arguments.hpp"

namespace tidewire::node {
namespace {

constexpr std::int64_t kSafeInteger = (std::int64_t{1} << 53) - 1;

Napi::Value number_or_bigint(Napi::Env env, std::int64_t value) {
    if (value >= -kSafeInteger && value <= kSafeInteger) {
        return Napi::Number::New(env, static_cast<double>(value));
    }
    return Napi::BigInt::New(env, value);
}

Napi::Value number_or_bigint(Napi::Env env, std::uint64_t value) {
    if (value <= static_cast<std::uint64_t>(kSafeInteger)) {
        return Napi::Number::New(env, static_cast<double>(value));
    }
    return Napi::BigInt::New(env, value);
}

Napi::Value array_from(Napi::Env env, const Value::List& list) {
    auto array = Napi::Array::New(env, list.size());
    std::uint32_t index = 0;
    for (const Value& element : list) {
        const Napi::HandleScope scope(env);
        array.Set(index++, to_javascript(env, element));
    }
    return array;
}

Napi::Value object_from(Napi::Env env, const Value::Map& map) {
    auto object = Napi::Object::New(env);
    for (const auto& [key, member] : map) {
        const Napi::HandleScope scope(env);
        const Napi::Value value = to_javascript(env, member);
        if (key == "__proto__") {
            // Set would change the prototype; defining makes an own property.
            object.DefineProperty(Napi::PropertyDescriptor::Value(
                key, value,
                static_cast<napi_property_attributes>(napi_writable | napi_enumerable |
                                                      napi_configurable)));
        } else {
            object.Set(text(env, key), value);
        }
    }
    return object;
}

// (JSON as a string or bytes, depth) -> as exact() gives it
Napi::Value parse_json(Handoff& handoff, const Napi::CallbackInfo& info) {
    JsonOptions options;
    options.depth_max = info[1].As<Napi::Number>().Uint32Value();
    return exact(handoff, info.Env(), bytes(info[0]), options, ErrorCode::invalid_data);
}

}  // namespace

Napi::Value to_javascript(Napi::Env env, const Value& value) {
    switch (value.type()) {
        case Value::Type::null:
            return env.Null();
        case Value::Type::boolean:
            return Napi::Boolean::New(env, *value.get_if<bool>());
        case Value::Type::int64:
            return number_or_bigint(env, *value.get_if<std::int64_t>());
        case Value::Type::uint64:
            return number_or_bigint(env, *value.get_if<std::uint64_t>());
        case Value::Type::float64:
            return Napi::Number::New(env, *value.get_if<double>());
        case Value::Type::text:
            return text(env, *value.get_if<std::string>());
        case Value::Type::data:
            return byte_array(env, value.get_if<Data>()->bytes);
        case Value::Type::list:
            return array_from(env, *value.get_if<Value::List>());
        case Value::Type::map:
            return object_from(env, *value.get_if<Value::Map>());
    }
    return env.Undefined();
}

Napi::Value exact(const Handoff& handoff, Napi::Env env, std::string_view json,
                  JsonOptions options, ErrorCode code) {
    const Result<JsonFacts> facts = Value::scan(json, options);
    if (!facts) {
        throw handoff.exception(env, Error(code, std::string(facts.error().message())));
    }
    if (!facts->has_unsafe_integer) return env.Undefined();
    auto boxed = Napi::Array::New(env, 1);
    boxed.Set(0U, to_javascript(env, checked(handoff, env, Value::parse(json, options))));
    return boxed;
}

Napi::Value parsed(const Handoff& handoff, Napi::Env env, std::string_view json,
                   JsonOptions options, ErrorCode code) {
    const Napi::Value value = exact(handoff, env, json, options, code);
    return value.IsUndefined() ? text(env, json) : value;
}

void define_value_functions(Napi::Object& exports, Handoff& handoff) {
    define<&parse_json>(exports, "parseJson", handoff);
}

}  // namespace tidewire::node
