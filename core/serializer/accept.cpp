#include "serializer/accept.hpp"

#include <charconv>

#include <tidewire/headers.hpp>

namespace tidewire::serializer {
namespace {

std::string_view trimmed(std::string_view text) noexcept {
    while (!text.empty() && (text.front() == ' ' || text.front() == '\t')) text.remove_prefix(1);
    while (!text.empty() && (text.back() == ' ' || text.back() == '\t')) text.remove_suffix(1);
    return text;
}

// Cuts `rest` at the first `separator` and gives what stood before it.
std::string_view cut(std::string_view& rest, char separator) noexcept {
    const auto at = rest.find(separator);
    const auto part = rest.substr(0, at);
    rest = at == std::string_view::npos ? std::string_view{} : rest.substr(at + 1);
    return trimmed(part);
}

// The weight among the parameters of a range (RFC 9110 12.4.2); one that is malformed is 1.
double weight(std::string_view parameters) noexcept {
    while (!parameters.empty()) {
        const auto parameter = cut(parameters, ';');
        if (parameter.size() < 3 || !equals_ignoring_case(parameter.substr(0, 2), "q=")) continue;
        double q = 1;
        const char* end = parameter.data() + parameter.size();
        const auto [stop, error] = std::from_chars(parameter.data() + 2, end, q);
        return error == std::errc() && stop == end && q >= 0 && q <= 1 ? q : 1;
    }
    return 1;
}

}  // namespace

double quality_of(std::string_view type, std::string_view accept) noexcept {
    if (trimmed(accept).empty()) return 1;
    const auto group = type.substr(0, type.find('/') + 1);  // "type/"
    int best = 0;
    double quality = 0;
    while (!accept.empty()) {
        std::string_view parameters = cut(accept, ',');
        const auto range = cut(parameters, ';');
        int rank = 0;
        if (equals_ignoring_case(range, type)) {
            rank = 3;
        } else if (range.size() == group.size() + 1 && range.ends_with('*') &&
                   equals_ignoring_case(range.substr(0, group.size()), group)) {
            rank = 2;
        } else if (range == "*/*") {
            rank = 1;
        }
        if (rank <= best) continue;
        best = rank;
        quality = weight(parameters);
    }
    return quality;
}

}  // namespace tidewire::serializer
