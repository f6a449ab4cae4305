// How the structs of a Cap'n Proto schema lie in a message: what is left of a schema once it has
// been read (https://capnproto.org/encoding.html). Plain tables, immutable behind a `Type`; those
// that convert values by schema, in the core and in a language binding, walk them.
//
// Pointers between the tables stay valid as long as a `Schema` or `Type` that leads to them.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace tidewire {

enum class TypeKind : std::uint8_t {
    void_,
    boolean,
    int8,
    int16,
    int32,
    int64,
    uint8,
    uint16,
    uint32,
    uint64,
    float32,
    float64,
    enumeration,  // on the wire a uint16
    text,         // this and what follows is a pointer on the wire
    data,
    list,
    structure,
    any_pointer,  // never converted: neither is a capability
    capability,
};

// What describe() calls it: "uint32", "enum", "struct", "anyPointer".
[[nodiscard]] std::string_view type_kind_name(TypeKind kind) noexcept;
// Bits that one takes in a struct or a list; 64 for pointers.
[[nodiscard]] std::uint32_t type_kind_bits(TypeKind kind) noexcept;
[[nodiscard]] constexpr bool is_pointer(TypeKind kind) noexcept { return kind >= TypeKind::text; }

struct StructLayout;

struct EnumLayout {
    std::string id;
    std::string name;
    std::vector<std::string> enumerants;  // at the index that stands for it on the wire
    // The number of `name`, or -1.
    [[nodiscard]] int find(std::string_view enumerant) const noexcept;
};

struct TypeLayout {
    TypeKind kind = TypeKind::void_;
    const TypeLayout* element = nullptr;        // of a list
    const StructLayout* structure = nullptr;    // of a struct
    const EnumLayout* enumeration = nullptr;    // of an enum
};

inline constexpr std::uint32_t kNotInUnion = 0xffffffff;

struct FieldLayout {
    std::string name;
    // One of the two is set: a slot has a type; a group is more fields of the same struct, which
    // lie in the struct's own sections.
    const TypeLayout* type = nullptr;
    const StructLayout* group = nullptr;
    // Of a slot, in units of its type's size from the start of the data section; of a pointer, its
    // index in the pointer section.
    std::uint32_t offset = 0;
    // What a struct that has this member of its union set bears at discriminant_offset.
    std::uint32_t discriminant = kNotInUnion;
    // Of a slot in the data section: the default, as the bits that the stored ones are XORed with.
    std::uint64_t default_bits = 0;
    // Of a pointer with a default: a message in the unpacked framing whose root it is.
    std::string default_message;
};

struct StructLayout {
    std::string id;
    std::string name;
    bool is_group = false;
    std::uint16_t data_words = 0;
    std::uint16_t pointer_count = 0;
    // The struct has an unnamed union when discriminant_count > 0; the offset counts uint16.
    std::uint16_t discriminant_count = 0;
    std::uint32_t discriminant_offset = 0;
    std::vector<FieldLayout> fields;     // in the order of their numbers
    std::vector<std::uint32_t> by_name;  // indexes of `fields`, sorted by name
    std::vector<std::uint32_t> by_discriminant;  // discriminant -> index of `fields`

    [[nodiscard]] const FieldLayout* find(std::string_view field) const noexcept;
};

}  // namespace tidewire
