// What needs the tables only: names, lookups and describe().
#include <algorithm>
#include <array>
#include <bit>
#include <cmath>

#include <tidewire/schema.hpp>
#include <tidewire/value.hpp>

#include "serializer/base64.hpp"
#include "serializer/schema_tables.hpp"

namespace tidewire {
namespace {

struct KindRow {
    std::string_view name;
    std::uint32_t bits;
};
constexpr std::array<KindRow, 19> kKinds{{
    {"void", 0},     {"bool", 1},     {"int8", 8},     {"int16", 16},      {"int32", 32},
    {"int64", 64},   {"uint8", 8},    {"uint16", 16},  {"uint32", 32},     {"uint64", 64},
    {"float32", 32}, {"float64", 64}, {"enum", 16},    {"text", 64},       {"data", 64},
    {"list", 64},    {"struct", 64},  {"anyPointer", 64}, {"interface", 64},
}};

Value real(double number) {
    if (std::isnan(number)) return "NaN";
    if (std::isinf(number)) return number > 0 ? "Infinity" : "-Infinity";
    return number;
}

Value default_of(const FieldLayout& field) {
    const std::uint64_t bits = field.default_bits;
    switch (field.type->kind) {
        case TypeKind::void_: return {};
        case TypeKind::boolean: return bits != 0;
        case TypeKind::int8: return static_cast<std::int8_t>(bits);
        case TypeKind::int16: return static_cast<std::int16_t>(bits);
        case TypeKind::int32: return static_cast<std::int32_t>(bits);
        case TypeKind::int64: return std::to_string(static_cast<std::int64_t>(bits));
        case TypeKind::uint64: return std::to_string(bits);
        case TypeKind::uint8:
        case TypeKind::uint16:
        case TypeKind::uint32:
        case TypeKind::enumeration: return bits;
        case TypeKind::float32:
            return real(std::bit_cast<float>(static_cast<std::uint32_t>(bits)));
        case TypeKind::float64: return real(std::bit_cast<double>(bits));
        default: break;
    }
    if (field.default_message.empty()) return {};
    return serializer::base64_encode(field.default_message);
}

Value describe_type(const TypeLayout& type) {
    Value::Map map{{"kind", type_kind_name(type.kind)}};
    if (type.element != nullptr) map.emplace_back("element", describe_type(*type.element));
    if (type.structure != nullptr) map.emplace_back("id", type.structure->id);
    if (type.enumeration != nullptr) map.emplace_back("id", type.enumeration->id);
    return map;
}

Value describe_field(const FieldLayout& field) {
    Value::Map map{{"name", field.name}};
    if (field.group != nullptr) {
        map.emplace_back("kind", "group");
        map.emplace_back("group", field.group->id);
    } else {
        map.emplace_back("kind", "slot");
        map.emplace_back("offset", field.offset);
        map.emplace_back("type", describe_type(*field.type));
        map.emplace_back("default", default_of(field));
    }
    if (field.discriminant != kNotInUnion) map.emplace_back("discriminant", field.discriminant);
    return map;
}

Value describe_struct(const StructLayout& layout) {
    Value::List fields;
    for (const auto& field : layout.fields) fields.push_back(describe_field(field));
    return object({{"kind", "struct"},
                   {"name", layout.name},
                   {"group", layout.is_group},
                   {"dataWords", layout.data_words},
                   {"pointerCount", layout.pointer_count},
                   {"discriminantOffset", layout.discriminant_offset},
                   {"discriminantCount", layout.discriminant_count},
                   {"fields", std::move(fields)}});
}

Value describe_enum(const EnumLayout& layout) {
    Value::List names(layout.enumerants.begin(), layout.enumerants.end());
    return object(
        {{"kind", "enum"}, {"name", layout.name}, {"enumerants", std::move(names)}});
}

}  // namespace

std::string_view type_kind_name(TypeKind kind) noexcept {
    return kKinds[static_cast<std::size_t>(kind)].name;
}

std::uint32_t type_kind_bits(TypeKind kind) noexcept {
    return kKinds[static_cast<std::size_t>(kind)].bits;
}

int EnumLayout::find(std::string_view enumerant) const noexcept {
    const auto found = std::find(enumerants.begin(), enumerants.end(), enumerant);
    return found == enumerants.end() ? -1 : static_cast<int>(found - enumerants.begin());
}

const FieldLayout* StructLayout::find(std::string_view field) const noexcept {
    const auto at = std::lower_bound(
        by_name.begin(), by_name.end(), field,
        [&](std::uint32_t index, std::string_view wanted) { return fields[index].name < wanted; });
    if (at == by_name.end() || fields[*at].name != field) return nullptr;
    return &fields[*at];
}

Result<Type> Schema::type(std::string_view name) const {
    for (const auto& [known, layout] : tables_->names) {
        if (known == name) return Type(std::shared_ptr<const StructLayout>(tables_, layout));
    }
    return Error(ErrorCode::invalid_argument,
                 "the schema has no struct of the name " + std::string(name));
}

std::vector<std::string> Schema::type_names() const {
    std::vector<std::string> names;
    for (const auto& [name, layout] : tables_->names) names.push_back(name);
    return names;
}

std::string Schema::describe() const {
    Value::Map types;
    for (const auto& [name, layout] : tables_->names) types.emplace_back(name, layout->id);
    Value::Map nodes;
    for (const auto& layout : tables_->structs) {
        nodes.emplace_back(layout.id, describe_struct(layout));
    }
    for (const auto& layout : tables_->enums) nodes.emplace_back(layout.id, describe_enum(layout));
    const Value all = object({{"types", std::move(types)}, {"nodes", std::move(nodes)}});
    return all.dump().value_or("{}");
}

}  // namespace tidewire
