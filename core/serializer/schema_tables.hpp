// What a Schema shares: the tables of all nodes that its file leads to, and the file's names.
#pragma once

#include <deque>
#include <string>
#include <utility>
#include <vector>

#include <tidewire/schema_layout.hpp>

namespace tidewire::serializer {

// Deques, so that growing moves nothing that others point to.
struct SchemaTables {
    std::deque<StructLayout> structs;
    std::deque<EnumLayout> enums;
    std::deque<TypeLayout> types;
    std::vector<std::pair<std::string, const StructLayout*>> names;
};

}  // namespace tidewire::serializer
