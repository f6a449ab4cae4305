// The functions by which JavaScript makes clients, starts operations on them and takes results.
#pragma once

#include <napi.h>

#include "handoff.hpp"

namespace tidewire::node {

void define_client_functions(Napi::Object& exports, Handoff& handoff);

}  // namespace tidewire::node
