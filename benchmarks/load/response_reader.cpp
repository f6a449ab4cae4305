#include "response_reader.hpp"

#include <strings.h>
#include <charconv>

namespace load {

namespace {

constexpr std::size_t kHeadBytesMax = 16 * 1024;

bool same_name(std::string_view a, std::string_view b) {
    return a.size() == b.size() && strncasecmp(a.data(), b.data(), a.size()) == 0;
}

std::string_view trimmed(std::string_view text) {
    while (!text.empty() && (text.front() == ' ' || text.front() == '\t')) text.remove_prefix(1);
    while (!text.empty() && (text.back() == ' ' || text.back() == '\t')) text.remove_suffix(1);
    return text;
}

}  // namespace

Read ResponseReader::read(std::string_view input) {
    if (head_.empty() || !input.starts_with(head_)) {
        const auto end = input.find("\r\n\r\n");
        if (end == std::string_view::npos) {
            if (input.size() > kHeadBytesMax)
                return {Read::Kind::wrong, 0, "a head without an end"};
            return {Read::Kind::more};
        }
        const auto head = input.substr(0, end + 4);
        if (const auto reason = check_head(head); !reason.empty()) {
            head_ = head;
            return {Read::Kind::wrong, 0, reason};
        }
        head_ = head;
    }
    const auto bytes = head_.size() + expected_body_.size();
    if (input.size() < bytes) return {Read::Kind::more};
    if (input.substr(head_.size(), expected_body_.size()) != expected_body_) {
        return {Read::Kind::wrong, 0, "a body that is not the expected one"};
    }
    return {Read::Kind::whole, bytes};
}

std::string_view ResponseReader::check_head(std::string_view head) const {
    if (!head.starts_with("HTTP/1.1 200 ")) return "a status line that is not HTTP/1.1 200";
    bool has_length = false;
    bool is_json = false;
    std::size_t position = head.find("\r\n") + 2;
    while (position < head.size() - 2) {
        const auto end = head.find("\r\n", position);
        const auto line = head.substr(position, end - position);
        position = end + 2;
        const auto colon = line.find(':');
        if (colon == std::string_view::npos) return "a header line without a colon";
        const auto name = line.substr(0, colon);
        const auto value = trimmed(line.substr(colon + 1));
        if (same_name(name, "content-length")) {
            std::size_t length = 0;
            const auto parsed = std::from_chars(value.data(), value.data() + value.size(), length);
            if (parsed.ec != std::errc{} || length != expected_body_.size()) {
                return "a content length that is not that of the expected body";
            }
            has_length = true;
        } else if (same_name(name, "content-type")) {
            is_json = value.starts_with("application/json");
        } else if (same_name(name, "connection") && same_name(value, "close")) {
            return "a connection that closes after one response";
        }
    }
    if (!has_length) return "no content length";
    if (!is_json) return "a content type that is not application/json";
    return {};
}

}  // namespace load
