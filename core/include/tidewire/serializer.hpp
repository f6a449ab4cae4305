// Serializer: how values are written in messages.
#pragma once

#include <cstdint>

namespace tidewire {

enum class Serializer : std::uint8_t {
    json,   // application/json
    capnp,  // application/capnp, by schemas/value.capnp: see capnp_message.hpp
};

}  // namespace tidewire
