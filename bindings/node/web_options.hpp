// The options of a server that stands on the web: hosts, cors and tls, as web.ts gives them.
#pragma once

#include <napi.h>

#include <tidewire/server.hpp>

namespace tidewire::node {

// Contract: web.ts has checked names and types.
void read_web_options(const Napi::Object& given, ServerOptions& options);

}  // namespace tidewire::node
