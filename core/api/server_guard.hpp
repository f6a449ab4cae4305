// From a server's options to the Guard of its requests: which Hosts are its own.
#pragma once

#include <string>

#include <tidewire/server.hpp>

#include "http/guard.hpp"

namespace tidewire::api {

// `listener` is the host that the server listens on. Listeners on loopback check Host by default,
// since any page of the web can name a local server; others do when `hosts` is set.
[[nodiscard]] http::GuardOptions guard_options(const ServerOptions& options,
                                               const std::string& listener);

}  // namespace tidewire::api
