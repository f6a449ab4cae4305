// Schema: a `.capnp` file, read at run time. Type: one struct of it.
//
// Both are handles that share immutable tables: cheap to copy, safe to use from any thread, and a
// Type outlives its Schema. Reading a file runs the Cap'n Proto compiler in the process: do it when
// a program starts, not per request. The language: https://capnproto.org/language.html
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include <tidewire/result.hpp>
#include <tidewire/schema_layout.hpp>

namespace tidewire {

namespace serializer {
struct SchemaTables;
}

// A struct type. Default-constructed it is none, and converts nothing.
class Type {
public:
    Type() noexcept = default;
    explicit Type(std::shared_ptr<const StructLayout> layout) noexcept
        : layout_(std::move(layout)) {}

    explicit operator bool() const noexcept { return layout_ != nullptr; }
    // Contract for these: not a default-constructed one.
    [[nodiscard]] std::string_view name() const noexcept { return layout_->name; }
    [[nodiscard]] const StructLayout& layout() const noexcept { return *layout_; }

    friend bool operator==(const Type&, const Type&) = default;

private:
    std::shared_ptr<const StructLayout> layout_;
};

struct SchemaOptions {
    // Where imports that begin with a slash are looked for, before /usr/local/include and
    // /usr/include, where the capnp tool looks.
    std::vector<std::string> import_paths;
};

class Schema {
public:
    // Reads the file and what it imports. invalid_argument with "file:line: text" when there is no
    // such file or it is no schema.
    [[nodiscard]] static Result<Schema> load(const std::string& path, SchemaOptions options = {});
    // The same for a text, which errors call "schema.capnp". It has no folder: imports begin with
    // a slash.
    [[nodiscard]] static Result<Schema> parse(std::string_view text, SchemaOptions options = {});

    // The struct of that name in the file; one inside another is "Outer.Inner". invalid_argument
    // when there is none.
    [[nodiscard]] Result<Type> type(std::string_view name) const;
    // The names that type() takes, in the order of the file.
    [[nodiscard]] std::vector<std::string> type_names() const;

    // All tables as one JSON text, from which accessors in another language are made:
    //
    //   {"types": {"Person": ID, "Person.Phone": ID},       structs of the file by name
    //    "nodes": {                                          these, and all they lead to
    //      ID: {"kind": "struct", "name": "Person", "group": false,
    //           "dataWords": 2, "pointerCount": 1,
    //           "discriminantOffset": 0, "discriminantCount": 0,
    //           "fields": [FIELD, ...]},                    in the order of their numbers
    //      ID: {"kind": "enum", "name": "Color", "enumerants": ["red", "green"]}}}
    //
    //   FIELD: {"name": "age", "kind": "slot", "offset": 1, "type": TYPE, "default": DEFAULT}
    //          {"name": "address", "kind": "group", "group": ID}
    //          and of a member of the struct's union also "discriminant": its number
    //   TYPE:  {"kind": K}, with K one of void bool int8 int16 int32 int64 uint8 uint16 uint32
    //          uint64 float32 float64 text data list enum struct anyPointer interface,
    //          and with "element": TYPE for a list, "id": ID for an enum or a struct
    //
    // ID is an opaque text: an instance of a generic struct has one of its own. `offset` counts
    // units of the type's size in the data section (bits for a bool), or pointers in the pointer
    // section; a field of kind void has 0. `discriminantOffset` counts 16-bit units. A group's node
    // repeats dataWords and pointerCount of the struct whose sections its fields lie in; only its
    // discriminant and fields are its own. DEFAULT is, by type: null for void; a bool; a number;
    // 64-bit integers as text ("-5"); floats that are not finite as "NaN", "Infinity" and
    // "-Infinity"; an enum's number; and of a pointer null, or the base64 of an unpacked message
    // whose root pointer is the value (of a text: a list of bytes, the last of them 0).
    [[nodiscard]] std::string describe() const;

private:
    explicit Schema(std::shared_ptr<const serializer::SchemaTables> tables) noexcept
        : tables_(std::move(tables)) {}

    std::shared_ptr<const serializer::SchemaTables> tables_;
};

}  // namespace tidewire
