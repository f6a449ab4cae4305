// From nodes of the Cap'n Proto library to our tables. Throws kj::Exception as that library does:
// the caller catches it.
#pragma once

#include <memory>
#include <vector>

#include "serializer/capnp_headers.hpp"
#include "serializer/schema_tables.hpp"

namespace tidewire::serializer {

class SchemaCompiler {
public:
    SchemaCompiler() : tables_(std::make_shared<SchemaTables>()) {}

    // The table of the struct; its fields, and the structs they lead to, are filled by finish().
    const StructLayout* structure(capnp::StructSchema schema);
    void name(std::string name, const StructLayout* layout);
    // Contract: called once, last.
    [[nodiscard]] std::shared_ptr<const SchemaTables> finish();

private:
    struct Seen {
        capnp::Schema schema;
        StructLayout* layout;
    };

    const EnumLayout* enumeration(capnp::EnumSchema schema);
    const TypeLayout* type(capnp::Type type);
    void fill(StructLayout& layout, capnp::StructSchema schema);
    FieldLayout field(capnp::StructSchema::Field field);

    std::shared_ptr<SchemaTables> tables_;
    std::vector<Seen> structs_;
    std::vector<std::pair<capnp::Schema, const EnumLayout*>> enums_;
};

}  // namespace tidewire::serializer
