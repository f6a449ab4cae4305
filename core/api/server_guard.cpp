#include "api/server_guard.hpp"

namespace tidewire::api {
namespace {

bool is_loopback(const std::string& host) {
    const bool ipv4 = host.starts_with("127.") &&
                      host.find_first_not_of("0123456789.") == std::string::npos;
    return ipv4 || host == "localhost" || host == "::1";
}

}  // namespace

http::GuardOptions guard_options(const ServerOptions& options, const std::string& listener) {
    http::GuardOptions guard{options.hosts, options.cors};
    // No page of the web reaches a Unix socket. Who connects to it by path says "localhost".
    if (listener.starts_with('/') && !guard.hosts.empty()) guard.hosts.emplace_back("localhost");
    if (!is_loopback(listener)) return guard;
    for (const char* name : {"localhost", "127.0.0.1", "[::1]"}) guard.hosts.emplace_back(name);
    if (listener.find(':') == std::string::npos) guard.hosts.push_back(listener);
    return guard;
}

}  // namespace tidewire::api
