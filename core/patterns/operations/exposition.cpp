#include "patterns/operations/exposition.hpp"

#include <array>
#include <charconv>
#include <cmath>

namespace tidewire::patterns::operations {
namespace {

// A label's value stands in quotes on one line.
void append_escaped(std::string& out, std::string_view value) {
    for (const char c : value) {
        if (c == '\\' || c == '"') out.push_back('\\');
        if (c == '\n') {
            out.append("\\n");
        } else {
            out.push_back(c);
        }
    }
}

}  // namespace

std::string number_text(double value) {
    if (std::isnan(value)) return "NaN";
    if (std::isinf(value)) return value > 0 ? "+Inf" : "-Inf";
    std::array<char, 32> digits{};
    const auto end = std::to_chars(digits.data(), digits.data() + digits.size(), value).ptr;
    return {digits.data(), end};
}

void Exposition::family(std::string_view name, std::string_view type, std::string_view help) {
    name_ = name;
    text_.append("# HELP ").append(name).append(" ").append(help).append("\n");
    text_.append("# TYPE ").append(name).append(" ").append(type).append("\n");
}

void Exposition::begin(const Labels& labels, std::string_view suffix) {
    text_.append(name_).append(suffix);
    char before = '{';
    for (const auto& [name, value] : labels) {
        text_.push_back(before);
        text_.append(name).append("=\"");
        append_escaped(text_, value);
        text_.push_back('"');
        before = ',';
    }
    if (!labels.empty()) text_.push_back('}');
    text_.push_back(' ');
}

void Exposition::sample(const Labels& labels, double value, std::string_view suffix) {
    begin(labels, suffix);
    text_.append(number_text(value)).append("\n");
}

void Exposition::sample(const Labels& labels, std::uint64_t value, std::string_view suffix) {
    begin(labels, suffix);
    text_.append(std::to_string(value)).append("\n");
}

}  // namespace tidewire::patterns::operations
