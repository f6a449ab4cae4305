#include "serializer/schema_compile.hpp"

#include <algorithm>
#include <array>
#include <bit>
#include <charconv>
#include <numeric>
#include <string>

#include "serializer/capnp_headers.hpp"

namespace tidewire::serializer {
namespace {

namespace schema = capnp::schema;

std::string short_name(const capnp::Schema& node) {
    const auto proto = node.getProto();
    return std::string(proto.getDisplayName().cStr() + proto.getDisplayNamePrefixLength());
}

// The node's number in hex, and which instance of a generic node it is.
std::string node_id(const capnp::Schema& node, std::size_t instance) {
    std::array<char, 16> digits{};
    const std::uint64_t number = node.getProto().getId();
    const auto end = std::to_chars(digits.data(), digits.data() + digits.size(), number, 16).ptr;
    std::string id(digits.data(), end);
    if (instance != 0) id += "." + std::to_string(instance);
    return id;
}

std::uint64_t default_bits(schema::Value::Reader value) {
    switch (value.which()) {
        case schema::Value::BOOL: return value.getBool() ? 1 : 0;
        case schema::Value::INT8: return static_cast<std::uint8_t>(value.getInt8());
        case schema::Value::INT16: return static_cast<std::uint16_t>(value.getInt16());
        case schema::Value::INT32: return static_cast<std::uint32_t>(value.getInt32());
        case schema::Value::INT64: return static_cast<std::uint64_t>(value.getInt64());
        case schema::Value::UINT8: return value.getUint8();
        case schema::Value::UINT16: return value.getUint16();
        case schema::Value::UINT32: return value.getUint32();
        case schema::Value::UINT64: return value.getUint64();
        case schema::Value::FLOAT32: return std::bit_cast<std::uint32_t>(value.getFloat32());
        case schema::Value::FLOAT64: return std::bit_cast<std::uint64_t>(value.getFloat64());
        case schema::Value::ENUM: return value.getEnum();
        default: return 0;
    }
}

std::string framed(capnp::MessageBuilder& message) {
    const auto words = capnp::messageToFlatArray(message);
    const auto bytes = words.asBytes();
    return {reinterpret_cast<const char*>(bytes.begin()), bytes.size()};
}

std::string default_message(schema::Value::Reader value) {
    capnp::MallocMessageBuilder message;
    auto root = message.getRoot<capnp::AnyPointer>();
    switch (value.which()) {
        case schema::Value::TEXT: root.setAs<capnp::Text>(value.getText()); break;
        case schema::Value::DATA: root.setAs<capnp::Data>(value.getData()); break;
        case schema::Value::LIST: root.set(value.getList()); break;
        case schema::Value::STRUCT: root.set(value.getStruct()); break;
        default: return {};
    }
    return framed(message);
}

constexpr std::array<std::pair<schema::Type::Which, TypeKind>, 19> kKinds{{
    {schema::Type::VOID, TypeKind::void_},
    {schema::Type::BOOL, TypeKind::boolean},
    {schema::Type::INT8, TypeKind::int8},
    {schema::Type::INT16, TypeKind::int16},
    {schema::Type::INT32, TypeKind::int32},
    {schema::Type::INT64, TypeKind::int64},
    {schema::Type::UINT8, TypeKind::uint8},
    {schema::Type::UINT16, TypeKind::uint16},
    {schema::Type::UINT32, TypeKind::uint32},
    {schema::Type::UINT64, TypeKind::uint64},
    {schema::Type::FLOAT32, TypeKind::float32},
    {schema::Type::FLOAT64, TypeKind::float64},
    {schema::Type::TEXT, TypeKind::text},
    {schema::Type::DATA, TypeKind::data},
    {schema::Type::LIST, TypeKind::list},
    {schema::Type::ENUM, TypeKind::enumeration},
    {schema::Type::STRUCT, TypeKind::structure},
    {schema::Type::INTERFACE, TypeKind::capability},
    {schema::Type::ANY_POINTER, TypeKind::any_pointer},
}};

}  // namespace

const StructLayout* SchemaCompiler::structure(capnp::StructSchema schema) {
    std::size_t instance = 0;
    for (const auto& seen : structs_) {
        if (seen.schema == schema) return seen.layout;
        if (seen.schema.getProto().getId() == schema.getProto().getId()) ++instance;
    }
    StructLayout& layout = tables_->structs.emplace_back();
    layout.id = node_id(schema, instance);
    layout.name = short_name(schema);
    const auto proto = schema.getProto().getStruct();
    layout.is_group = proto.getIsGroup();
    layout.data_words = proto.getDataWordCount();
    layout.pointer_count = proto.getPointerCount();
    layout.discriminant_count = proto.getDiscriminantCount();
    layout.discriminant_offset = proto.getDiscriminantOffset();
    structs_.push_back({schema, &layout});
    return &layout;
}

void SchemaCompiler::name(std::string name, const StructLayout* layout) {
    tables_->names.emplace_back(std::move(name), layout);
}

std::shared_ptr<const SchemaTables> SchemaCompiler::finish() {
    // Filling one may add more to the end.
    for (std::size_t i = 0; i < structs_.size(); ++i) {
        const Seen seen = structs_[i];
        fill(*seen.layout, seen.schema.asStruct());
    }
    return std::move(tables_);
}

const EnumLayout* SchemaCompiler::enumeration(capnp::EnumSchema schema) {
    for (const auto& [seen, layout] : enums_) {
        if (seen == schema) return layout;
    }
    EnumLayout& layout = tables_->enums.emplace_back();
    layout.id = node_id(schema, 0);
    layout.name = short_name(schema);
    for (const auto enumerant : schema.getEnumerants()) {
        layout.enumerants.emplace_back(enumerant.getProto().getName().cStr());
    }
    enums_.emplace_back(schema, &layout);
    return &layout;
}

const TypeLayout* SchemaCompiler::type(capnp::Type type) {
    TypeLayout layout;
    const auto which = type.which();
    layout.kind = std::find_if(kKinds.begin(), kKinds.end(), [&](const auto& row) {
                      return row.first == which;
                  })->second;
    if (type.isList()) layout.element = this->type(type.asList().getElementType());
    if (type.isStruct()) layout.structure = structure(type.asStruct());
    if (type.isEnum()) layout.enumeration = enumeration(type.asEnum());
    return &tables_->types.emplace_back(layout);
}

void SchemaCompiler::fill(StructLayout& layout, capnp::StructSchema schema) {
    layout.by_discriminant.resize(layout.discriminant_count, kNotInUnion);
    for (const auto member : schema.getFields()) {
        const auto index = static_cast<std::uint32_t>(layout.fields.size());
        layout.fields.push_back(field(member));
        const auto discriminant = layout.fields.back().discriminant;
        if (discriminant < layout.by_discriminant.size()) {
            layout.by_discriminant[discriminant] = index;
        }
    }
    layout.by_name.resize(layout.fields.size());
    std::iota(layout.by_name.begin(), layout.by_name.end(), 0U);
    std::sort(layout.by_name.begin(), layout.by_name.end(), [&](std::uint32_t a, std::uint32_t b) {
        return layout.fields[a].name < layout.fields[b].name;
    });
}

FieldLayout SchemaCompiler::field(capnp::StructSchema::Field field) {
    FieldLayout layout;
    const auto proto = field.getProto();
    layout.name = proto.getName().cStr();
    if (proto.getDiscriminantValue() != schema::Field::NO_DISCRIMINANT) {
        layout.discriminant = proto.getDiscriminantValue();
    }
    if (proto.isGroup()) {
        layout.group = structure(field.getType().asStruct());
        return layout;
    }
    layout.type = type(field.getType());
    const auto slot = proto.getSlot();
    layout.offset = slot.getOffset();
    if (!is_pointer(layout.type->kind)) {
        layout.default_bits = default_bits(slot.getDefaultValue());
    } else if (slot.getHadExplicitDefault()) {
        layout.default_message = default_message(slot.getDefaultValue());
    }
    return layout;
}

}  // namespace tidewire::serializer
