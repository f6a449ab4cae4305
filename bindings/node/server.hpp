// The functions by which JavaScript makes, fills, starts and stops servers.
#pragma once

#include <napi.h>

#include "handoff.hpp"

namespace tidewire::node {

void define_server_functions(Napi::Object& exports, Handoff& handoff);

}  // namespace tidewire::node
