#include "serializer/json_number.hpp"

#include <array>
#include <charconv>
#include <cstdint>

namespace tidewire::serializer {
namespace {

constexpr bool is_digit(char c) noexcept { return c >= '0' && c <= '9'; }

bool take_digits(std::string_view& text) noexcept {
    const std::size_t before = text.size();
    while (!text.empty() && is_digit(text.front())) text.remove_prefix(1);
    return text.size() != before;
}

enum class Shape { malformed, integer, real };

Shape shape_of(std::string_view text) noexcept {
    if (text.starts_with('-')) text.remove_prefix(1);
    if (text.starts_with('0')) {
        text.remove_prefix(1);
    } else if (!take_digits(text)) {
        return Shape::malformed;
    }
    if (text.empty()) return Shape::integer;
    if (text.starts_with('.')) {
        text.remove_prefix(1);
        if (!take_digits(text)) return Shape::malformed;
    }
    if (text.starts_with('e') || text.starts_with('E')) {
        text.remove_prefix(1);
        if (text.starts_with('+') || text.starts_with('-')) text.remove_prefix(1);
        if (!take_digits(text)) return Shape::malformed;
    }
    return text.empty() ? Shape::real : Shape::malformed;
}

template <class T>
std::optional<T> read(std::string_view text) noexcept {
    T number{};
    const auto [end, code] = std::from_chars(text.data(), text.data() + text.size(), number);
    if (code != std::errc{} || end != text.data() + text.size()) return std::nullopt;
    return number;
}

// from_chars says "out of range" at both ends. A number so close to zero that no double is nearer
// is zero; the sign of its decimal exponent tells which end it was.
bool is_tiny(std::string_view text) noexcept {
    const std::size_t mark = text.find_first_of("eE");
    const std::string_view digits = text.substr(0, mark);
    const std::size_t first = digits.find_first_of("123456789");
    if (first == std::string_view::npos) return true;
    if (mark == std::string_view::npos) return digits.find('.') < first;
    std::string_view exponent = text.substr(mark + 1);
    if (exponent.starts_with('-')) return true;
    if (exponent.starts_with('+')) exponent.remove_prefix(1);
    // Only a fraction with more zeros than the exponent makes good for stays tiny.
    const std::size_t point = digits.find('.');
    const auto power = read<std::uint64_t>(exponent);
    return power && point < first && first - point > *power;
}

}  // namespace

Result<Value> parse_json_number(std::string_view text) {
    const Shape shape = shape_of(text);
    if (shape == Shape::malformed) {
        return Error(ErrorCode::invalid_argument, "a number or literal is malformed");
    }
    if (shape == Shape::integer) {
        if (const auto number = read<std::int64_t>(text)) return Value(*number);
        if (const auto number = read<std::uint64_t>(text)) return Value(*number);
    }
    if (const auto number = read<double>(text)) return Value(*number);
    if (is_tiny(text)) return Value(text.starts_with('-') ? -0.0 : 0.0);
    return Error(ErrorCode::invalid_argument, "a number is greater than any float64");
}

void write_json_double(std::string& out, double number) {
    std::array<char, 32> text{};
    const auto end = std::to_chars(text.data(), text.data() + text.size(), number).ptr;
    const std::string_view shortest(text.data(), static_cast<std::size_t>(end - text.data()));
    out.append(shortest);
    if (shortest.find_first_of(".e") == std::string_view::npos) out.append(".0");
}

}  // namespace tidewire::serializer
