// The options of a server that stands on the web: hosts, cors, tls and compression, as web.ts gives
// them; and the functions about ETags.
#pragma once

#include <napi.h>

#include <tidewire/server.hpp>

#include "handoff.hpp"

namespace tidewire::node {

// Contract: web.ts has checked names and types.
void read_web_options(const Napi::Object& given, ServerOptions& options);

void define_web_functions(Napi::Object& exports, Handoff& handoff);

}  // namespace tidewire::node
