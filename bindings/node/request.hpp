// The functions by which JavaScript reads a request that it is at work on, and answers it.
#pragma once

#include <napi.h>

#include "handoff.hpp"

namespace tidewire::node {

void define_request_functions(Napi::Object& exports, Handoff& handoff);

}  // namespace tidewire::node
