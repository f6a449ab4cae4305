// The templates of value.hpp. Include that one.
#pragma once

#include <cmath>

#include <tidewire/value.hpp>

namespace tidewire {
namespace detail {

[[nodiscard]] Error wrong_type(Value::Type wanted, Value::Type found);
[[nodiscard]] Error out_of_range();

template <class T>
Result<T> integer_from(const Value& value) {
    if (const auto* number = value.get_if<std::int64_t>()) {
        if (std::in_range<T>(*number)) return static_cast<T>(*number);
        return out_of_range();
    }
    if (const auto* number = value.get_if<std::uint64_t>()) {
        if (std::in_range<T>(*number)) return static_cast<T>(*number);
        return out_of_range();
    }
    return wrong_type(Value::Type::int64, value.type());
}

inline Result<double> double_from(const Value& value) {
    if (const auto* number = value.get_if<double>()) return *number;
    constexpr std::int64_t kExact = std::int64_t{1} << 53;
    if (const auto* number = value.get_if<std::int64_t>()) {
        if (*number < -kExact || *number > kExact) return out_of_range();
        return static_cast<double>(*number);
    }
    if (value.get_if<std::uint64_t>() != nullptr) return out_of_range();
    return wrong_type(Value::Type::float64, value.type());
}

template <class T>
struct TypeOf;
template <>
struct TypeOf<bool> {
    static constexpr auto kType = Value::Type::boolean;
};
template <>
struct TypeOf<std::string> {
    static constexpr auto kType = Value::Type::text;
};
template <>
struct TypeOf<Data> {
    static constexpr auto kType = Value::Type::data;
};
template <>
struct TypeOf<Value::List> {
    static constexpr auto kType = Value::Type::list;
};
template <>
struct TypeOf<Value::Map> {
    static constexpr auto kType = Value::Type::map;
};

}  // namespace detail

template <class T>
Result<T> Value::as() const {
    if constexpr (std::is_same_v<T, double>) {
        return detail::double_from(*this);
    } else if constexpr (std::integral<T> && !std::is_same_v<T, bool>) {
        return detail::integer_from<T>(*this);
    } else if constexpr (std::is_same_v<T, std::string_view>) {
        if (const auto* text = get_if<std::string>()) return std::string_view(*text);
        return detail::wrong_type(Type::text, type());
    } else {
        if (const auto* found = get_if<T>()) return *found;
        return detail::wrong_type(detail::TypeOf<T>::kType, type());
    }
}

}  // namespace tidewire
