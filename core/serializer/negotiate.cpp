#include "serializer/negotiate.hpp"

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

// "q=0", "q=0.0", "q=0.000": not acceptable (RFC 9110 12.4.2).
bool refuses(std::string_view parameters) noexcept {
    while (!parameters.empty()) {
        const auto parameter = cut(parameters, ';');
        if (parameter.size() < 3 || !equals_ignoring_case(parameter.substr(0, 2), "q=")) continue;
        return parameter.substr(2).find_first_not_of("0.") == std::string_view::npos;
    }
    return false;
}

}  // namespace

bool reads_as_json(std::string_view content_type) noexcept {
    std::string_view rest = content_type;
    const auto type = cut(rest, ';');
    if (type.empty() || equals_ignoring_case(type, "application/json")) return true;
    if (type.size() > 5 && equals_ignoring_case(type.substr(type.size() - 5), "+json")) return true;
    return equals_ignoring_case(type, "application/x-www-form-urlencoded") ||
           equals_ignoring_case(type, "text/plain");
}

bool accepts_json(std::string_view accept) noexcept {
    if (trimmed(accept).empty()) return true;
    // The most specific range decides (RFC 9110 12.5.1).
    int best = 0;
    bool accepted = false;
    while (!accept.empty()) {
        std::string_view parameters = cut(accept, ',');
        const auto range = cut(parameters, ';');
        int rank = 0;
        if (equals_ignoring_case(range, "application/json")) rank = 3;
        else if (equals_ignoring_case(range, "application/*")) rank = 2;
        else if (range == "*/*") rank = 1;
        if (rank <= best) continue;
        best = rank;
        accepted = !refuses(parameters);
    }
    return accepted;
}

}  // namespace tidewire::serializer
