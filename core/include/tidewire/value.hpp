// Value: what a request or a reply says, apart from how it is written down.
//
// The types are those of the schemaless Cap'n Proto form (schemas/value.capnp): null, bool, int64,
// uint64, float64, text (UTF-8), data (bytes), list, map (ordered, keys are text). A JSON integer
// within int64 or uint64 stays an integer, any other number is a float64.
//
// There is no constructor from an initializer list, since {{"a", 1}} cannot be told from a list
// of lists: write object({{"a", 1}}) and array({1, 2}).
#pragma once

#include <concepts>
#include <cstdint>
#include <initializer_list>
#include <limits>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <variant>
#include <vector>

#include <tidewire/result.hpp>

namespace tidewire {

class Value;

// Bytes that are not text. They have no schemaless JSON form.
struct Data {
    std::string bytes;
    friend bool operator==(const Data&, const Data&) = default;
};

struct JsonOptions {
    std::size_t depth_max = 64;  // arrays and objects inside each other
};

// What a scan of a JSON text found out beside that it is well-formed.
struct JsonFacts {
    std::size_t depth = 0;
    // An integer beyond +-(2^53 - 1): a reader with doubles only would change it.
    bool has_unsafe_integer = false;
};

class Value {
public:
    enum class Type : std::uint8_t { null, boolean, int64, uint64, float64, text, data, list, map };
    using List = std::vector<Value>;
    using Member = std::pair<std::string, Value>;
    using Map = std::vector<Member>;

    // NOLINTBEGIN(google-explicit-constructor): a value is written where one is wanted.
    Value() noexcept = default;
    Value(std::nullptr_t) noexcept {}
    template <class T>
        requires std::same_as<T, bool>
    Value(T value) noexcept : data_(value) {}
    template <class T>
        requires(std::integral<T> && !std::same_as<T, bool>)
    Value(T value) noexcept {
        if constexpr (std::is_signed_v<T>) {
            data_ = static_cast<std::int64_t>(value);
        } else if (value <= static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max())) {
            data_ = static_cast<std::int64_t>(value);
        } else {
            data_ = static_cast<std::uint64_t>(value);
        }
    }
    Value(double value) noexcept : data_(value) {}
    Value(std::string value) noexcept : data_(std::move(value)) {}
    Value(std::string_view value) : data_(std::string(value)) {}
    Value(const char* value) : data_(std::string(value)) {}
    Value(Data value) noexcept : data_(std::move(value)) {}
    Value(List value) noexcept : data_(std::move(value)) {}
    Value(Map value) noexcept : data_(std::move(value)) {}
    // NOLINTEND(google-explicit-constructor)

    [[nodiscard]] Type type() const noexcept { return static_cast<Type>(data_.index()); }
    [[nodiscard]] bool is_null() const noexcept { return type() == Type::null; }

    // The value as T, or invalid_argument when it is of another type or out of T's range. T is
    // bool, an integer, double, std::string, std::string_view, Data, List or Map. An integer is
    // given as double when that is exact.
    template <class T>
    [[nodiscard]] Result<T> as() const;

    // Direct access without conversion; nullptr when the type is another one.
    template <class T>
    [[nodiscard]] const T* get_if() const noexcept {
        return std::get_if<T>(&data_);
    }
    template <class T>
    [[nodiscard]] T* get_if() noexcept {
        return std::get_if<T>(&data_);
    }

    // The member or element, or a null Value when there is none. Of members with one name the
    // last wins.
    [[nodiscard]] const Value& operator[](std::string_view name) const noexcept;
    [[nodiscard]] const Value& operator[](std::size_t index) const noexcept;
    [[nodiscard]] const Value* find(std::string_view name) const noexcept;
    // Members of a map, elements of a list, else 0.
    [[nodiscard]] std::size_t size() const noexcept;

    // JSON (RFC 8259). invalid_argument with the byte offset or the reason when the text is not
    // JSON, not UTF-8 or too deep.
    [[nodiscard]] static Result<Value> parse(std::string_view json, JsonOptions options = {});
    // Checks `json` as parse() does, without building it.
    [[nodiscard]] static Result<JsonFacts> scan(std::string_view json, JsonOptions options = {});
    // Compact JSON. invalid_argument for NaN, infinities, Data and text that is not UTF-8.
    [[nodiscard]] Result<std::string> dump() const;
    [[nodiscard]] Result<void> dump_to(std::string& out) const;

    friend bool operator==(const Value&, const Value&) = default;

private:
    std::variant<std::monostate, bool, std::int64_t, std::uint64_t, double, std::string, Data, List,
                 Map>
        data_;
};

[[nodiscard]] inline Value object(std::initializer_list<Value::Member> members) {
    return Value(Value::Map(members));
}
[[nodiscard]] inline Value array(std::initializer_list<Value> elements) {
    return Value(Value::List(elements));
}

}  // namespace tidewire

#include <tidewire/value_inline.hpp>
