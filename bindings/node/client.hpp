// The functions by which JavaScript makes clients, starts operations on them and takes results.
#pragma once

#include <napi.h>

#include "handoff.hpp"

namespace tidewire::node {

// Throws misuse when it was closed.
[[nodiscard]] Client& client_at(Handoff& handoff, const Napi::Value& slot);

void define_client_functions(Napi::Object& exports, Handoff& handoff);

}  // namespace tidewire::node
