// Schemas of Cap'n Proto: the core reads them, JavaScript converts by their tables.
#pragma once

#include <napi.h>

#include "handoff.hpp"

namespace tidewire::node {

void define_schema_functions(Napi::Object& exports, Handoff& handoff);

}  // namespace tidewire::node
