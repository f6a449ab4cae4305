#include <tidewire/value.hpp>

#include <algorithm>
#include <array>

namespace tidewire {
namespace {

constexpr std::array<std::string_view, 9> kTypeNames{
    "null", "bool", "int64", "uint64", "float64", "text", "data", "list", "map"};

const Value& null_value() noexcept {
    static const Value value;
    return value;
}

}  // namespace

namespace detail {

Error wrong_type(Value::Type wanted, Value::Type found) {
    const auto name = [](Value::Type type) {
        return std::string(kTypeNames[static_cast<std::size_t>(type)]);
    };
    return Error(ErrorCode::invalid_argument,
                 "The value is of type " + name(found) + ", not " + name(wanted) + ".");
}

Error out_of_range() {
    return Error(ErrorCode::invalid_argument, "The number is out of the range of its type.");
}

}  // namespace detail

const Value* Value::find(std::string_view name) const noexcept {
    const auto* map = get_if<Map>();
    if (map == nullptr) return nullptr;
    const auto found =
        std::find_if(map->rbegin(), map->rend(), [&](const Member& m) { return m.first == name; });
    return found == map->rend() ? nullptr : &found->second;
}

const Value& Value::operator[](std::string_view name) const noexcept {
    const Value* found = find(name);
    return found == nullptr ? null_value() : *found;
}

const Value& Value::operator[](std::size_t index) const noexcept {
    const auto* list = get_if<List>();
    return list == nullptr || index >= list->size() ? null_value() : (*list)[index];
}

std::size_t Value::size() const noexcept {
    if (const auto* list = get_if<List>()) return list->size();
    if (const auto* map = get_if<Map>()) return map->size();
    return 0;
}

}  // namespace tidewire
