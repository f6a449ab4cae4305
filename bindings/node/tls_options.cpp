#include "tls_options.hpp"

#include <string>

#include "arguments.hpp"

namespace tidewire::node {
namespace {

std::string member(const Napi::Object& given, const char* name) { return bytes(given.Get(name)); }

}  // namespace

std::optional<Tls> server_tls_from(const Napi::Value& given) {
    if (!given.IsObject()) return std::nullopt;
    const auto options = given.As<Napi::Object>();
    return Tls{member(options, "cert"), member(options, "key"), member(options, "clientCa")};
}

std::optional<ClientTls> client_tls_from(const Napi::Value& given) {
    if (!given.IsObject()) return std::nullopt;
    const auto options = given.As<Napi::Object>();
    return ClientTls{member(options, "ca"), member(options, "cert"), member(options, "key"),
                     options.Get("verify").ToBoolean(), member(options, "serverName")};
}

}  // namespace tidewire::node
