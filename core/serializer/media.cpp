#include "serializer/media.hpp"

#include <tidewire/headers.hpp>

#include "serializer/accept.hpp"

namespace tidewire::serializer {
namespace {

constexpr std::string_view kJson = "application/json";
constexpr std::string_view kCapnp = "application/capnp";

// Without parameters and blanks.
std::string_view essence(std::string_view content_type) noexcept {
    auto type = content_type.substr(0, content_type.find(';'));
    while (!type.empty() && (type.front() == ' ' || type.front() == '\t')) type.remove_prefix(1);
    while (!type.empty() && (type.back() == ' ' || type.back() == '\t')) type.remove_suffix(1);
    return type;
}

}  // namespace

std::optional<Serializer> reads_as(std::string_view content_type) noexcept {
    const auto type = essence(content_type);
    if (type.empty() || equals_ignoring_case(type, kJson)) return Serializer::json;
    if (equals_ignoring_case(type, kCapnp)) return Serializer::capnp;
    if (type.size() > 5 && equals_ignoring_case(type.substr(type.size() - 5), "+json")) {
        return Serializer::json;
    }
    if (equals_ignoring_case(type, "application/x-www-form-urlencoded") ||
        equals_ignoring_case(type, "text/plain")) {
        return Serializer::json;
    }
    return std::nullopt;
}

std::optional<Serializer> wanted(std::string_view accept, Serializer like) noexcept {
    const double json = quality_of(kJson, accept);
    const double capnp = quality_of(kCapnp, accept);
    if (json <= 0 && capnp <= 0) return std::nullopt;
    if (json == capnp) return like;
    return capnp > json ? Serializer::capnp : Serializer::json;
}

std::string_view content_type_of(Serializer serializer) noexcept {
    return serializer == Serializer::capnp ? kCapnp : kJson;
}

}  // namespace tidewire::serializer
