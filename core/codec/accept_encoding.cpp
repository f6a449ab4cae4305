#include "codec/accept_encoding.hpp"

#include <array>
#include <optional>
#include <string_view>

#include "base/field_text.hpp"

namespace tidewire::codec {
namespace {

// Weights are counted in thousandths.
constexpr int kWeightMax = 1000;

// qvalue = ( "0" [ "." 0*3DIGIT ] ) / ( "1" [ "." 0*3("0") ] )
std::optional<int> weight_of(std::string_view text) noexcept {
    constexpr std::size_t kLongest = 5;
    if (text.empty() || text.size() > kLongest || (text[0] != '0' && text[0] != '1')) {
        return std::nullopt;
    }
    if (text.size() > 1 && text[1] != '.') return std::nullopt;
    int weight = text[0] == '1' ? kWeightMax : 0;
    int unit = kWeightMax / 10;
    for (const char c : text.size() > 2 ? text.substr(2) : std::string_view()) {
        if (c < '0' || c > '9') return std::nullopt;
        weight += (c - '0') * unit;
        unit /= 10;
    }
    return weight <= kWeightMax ? std::optional(weight) : std::nullopt;
}

struct Weights {
    std::array<std::optional<int>, 3> of;  // by ContentCoding
    std::optional<int> others;

    void take(std::string_view element) noexcept {
        const auto semicolon = element.find(';');
        const auto name = base::trim_blanks(element.substr(0, semicolon));
        std::optional<int> weight = kWeightMax;
        if (semicolon != std::string_view::npos) {
            const auto parameter = base::trim_blanks(element.substr(semicolon + 1));
            if (!parameter.starts_with("q=") && !parameter.starts_with("Q=")) return;
            weight = weight_of(parameter.substr(2));
        }
        if (!weight) return;
        if (name == "*") {
            others = weight;
        } else if (const auto coding = coding_of(name)) {
            of[static_cast<std::size_t>(*coding)] = weight;
        }
    }

    [[nodiscard]] int weight(ContentCoding coding) const noexcept {
        const auto named = of[static_cast<std::size_t>(coding)];
        if (named) return *named;
        // What nobody names is no reason to compress less: identity is the last resort.
        return coding == ContentCoding::identity ? 0 : others.value_or(0);
    }
};

}  // namespace

ContentCoding choose_coding(const Headers& request) {
    Weights weights;
    for (std::size_t i = 0; i < request.size(); ++i) {
        if (!equals_ignoring_case(request[i].name, "accept-encoding")) continue;
        std::string_view rest = request[i].value;
        while (!rest.empty()) {
            const auto comma = rest.find(',');
            weights.take(rest.substr(0, comma));
            rest = comma == std::string_view::npos ? std::string_view{} : rest.substr(comma + 1);
        }
    }
    const int identity = weights.weight(ContentCoding::identity);
    const int gzip = weights.weight(ContentCoding::gzip);
    const int deflate = weights.weight(ContentCoding::deflate);
    if (gzip > 0 && gzip >= deflate && gzip >= identity) return ContentCoding::gzip;
    if (deflate > 0 && deflate >= identity) return ContentCoding::deflate;
    return ContentCoding::identity;
}

}  // namespace tidewire::codec
