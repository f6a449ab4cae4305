// The two ends of streams, under the numbers that JavaScript keeps (packages/node/src/stream.ts).
#pragma once

#include <napi.h>

#include "handoff.hpp"

namespace tidewire::node {

void define_stream_functions(Napi::Object& exports, Handoff& handoff);

}  // namespace tidewire::node
