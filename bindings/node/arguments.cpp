#include "arguments.hpp"

#include <array>
#include <cmath>
#include <cstring>
#include <variant>

namespace tidewire::node {
namespace {

using Count = std::size_t Limits::*;
using Duration = std::chrono::milliseconds Limits::*;

struct LimitName {
    std::string_view name;
    std::variant<Count, Duration> member;
};

const std::array<LimitName, 15>& limit_names() {
    static const std::array<LimitName, 15> names{{
        {"requestLineBytesMax", &Limits::request_line_bytes_max},
        {"headerBytesMax", &Limits::header_bytes_max},
        {"headerFieldsMax", &Limits::header_fields_max},
        {"bodyBytesMax", &Limits::body_bytes_max},
        {"jsonDepthMax", &Limits::json_depth_max},
        {"inflateRatioMax", &Limits::inflate_ratio_max},
        {"tlsHandshakeTimeoutMs", &Limits::tls_handshake_timeout},
        {"headerReadTimeoutMs", &Limits::header_read_timeout},
        {"bodyIdleTimeoutMs", &Limits::body_idle_timeout},
        {"keepAliveIdleTimeoutMs", &Limits::keep_alive_idle_timeout},
        {"connectionsMax", &Limits::connections_max},
        {"connectionsPerAddressMax", &Limits::connections_per_address_max},
        {"pipelineMax", &Limits::pipeline_max},
        {"unsentBytesMax", &Limits::unsent_bytes_max},
        {"stopGraceMs", &Limits::stop_grace},
    }};
    return names;
}

}  // namespace

std::string utf8(const Napi::Value& value) {
    // Most strings are short: one call of Node-API instead of two.
    constexpr std::size_t kShort = 1024;
    constexpr std::size_t kLongestCharacter = 4;
    std::array<char, kShort> small;
    std::size_t size = 0;
    napi_status status =
        napi_get_value_string_utf8(value.Env(), value, small.data(), small.size(), &size);
    if (status != napi_ok) throw Napi::Error::New(value.Env());
    if (size + kLongestCharacter < small.size()) return {small.data(), size};
    status = napi_get_value_string_utf8(value.Env(), value, nullptr, 0, &size);
    if (status != napi_ok) throw Napi::Error::New(value.Env());
    std::string result(size, '\0');
    status = napi_get_value_string_utf8(value.Env(), value, result.data(), size + 1, &size);
    if (status != napi_ok) throw Napi::Error::New(value.Env());
    return result;
}

std::string bytes(const Napi::Value& value) {
    if (value.IsString()) return utf8(value);
    if (value.IsUndefined()) return {};
    if (!value.IsTypedArray()) throw Napi::TypeError::New(value.Env(), "bytes were expected");
    const auto array = value.As<Napi::TypedArray>();
    if (array.ByteLength() == 0) return {};
    const auto* data = static_cast<const char*>(array.ArrayBuffer().Data()) + array.ByteOffset();
    return {data, array.ByteLength()};
}

Napi::String text(Napi::Env env, std::string_view utf8) {
    return Napi::String::New(env, utf8.data(), utf8.size());
}

Napi::Value byte_array(Napi::Env env, std::string_view bytes) {
    auto array = Napi::Uint8Array::New(env, bytes.size());
    if (!bytes.empty()) std::memcpy(array.Data(), bytes.data(), bytes.size());
    return array;
}

Napi::Value body_value(Napi::Env env, std::string_view body) {
    constexpr std::size_t kStringMax = 64 * 1024;
    if (body.size() > kStringMax) return byte_array(env, body);
    unsigned char bits = 0;
    for (const char c : body) bits |= static_cast<unsigned char>(c);
    if (bits > 0x7f) return byte_array(env, body);
    napi_value string = nullptr;
    const napi_status status = napi_create_string_latin1(env, body.data(), body.size(), &string);
    if (status != napi_ok) throw Napi::Error::New(env);
    return {env, string};
}

Napi::String header_lines(Napi::Env env, const Headers& headers) {
    std::string lines;
    for (std::size_t index = 0; index < headers.size(); ++index) {
        const auto field = headers[index];
        if (index > 0) lines += '\n';
        lines.append(field.name).append(1, '\n').append(field.value);
    }
    return text(env, lines);
}

Headers headers_from(const Handoff& handoff, const Napi::Value& flat) {
    Headers headers;
    if (flat.IsUndefined()) return headers;
    const auto array = flat.As<Napi::Array>();
    for (std::uint32_t index = 0; index + 1 < array.Length(); index += 2) {
        const std::string name = utf8(array.Get(index));
        checked(handoff, flat.Env(), headers.add(name, utf8(array.Get(index + 1))));
    }
    return headers;
}

std::optional<std::chrono::milliseconds> duration(const Napi::Value& value) {
    if (value.IsUndefined()) return std::nullopt;
    // Rounded up: a deadline of half a millisecond is not "none".
    return std::chrono::milliseconds(
        static_cast<std::int64_t>(std::ceil(value.As<Napi::Number>().DoubleValue())));
}

void read_limits(const Handoff& handoff, const Napi::Value& object, Limits& limits) {
    if (object.IsUndefined()) return;
    constexpr double kCountMax = 9'007'199'254'740'991;  // the largest safe integer
    const Napi::Env env = object.Env();
    const auto source = object.As<Napi::Object>();
    const Napi::Array keys = source.GetPropertyNames();
    for (std::uint32_t index = 0; index < keys.Length(); ++index) {
        const std::string key = utf8(keys.Get(index));
        const Napi::Value value = source.Get(key);
        if (value.IsUndefined()) continue;
        const auto fail = [&](const char* reason) {
            throw handoff.exception(env,
                                    Error(ErrorCode::invalid_argument, "limits." + key + reason));
        };
        const LimitName* found = nullptr;
        for (const LimitName& entry : limit_names()) {
            if (entry.name == key) found = &entry;
        }
        if (found == nullptr) fail(": there is no such limit");
        const double number = value.IsNumber() ? value.As<Napi::Number>().DoubleValue() : -1;
        if (!(number >= 0 && number <= kCountMax) || std::floor(number) != number) {
            fail(": must be an integer that is not negative");
        }
        if (const auto* count = std::get_if<Count>(&found->member)) {
            limits.*(*count) = static_cast<std::size_t>(number);
        } else {
            limits.*(std::get<Duration>(found->member)) =
                std::chrono::milliseconds(static_cast<std::int64_t>(number));
        }
    }
}

}  // namespace tidewire::node
