#include "http/router.hpp"

#include <algorithm>
#include <optional>

#include "codec/url.hpp"

namespace tidewire::http {
namespace {

// The segments of "/a/b": "a", "b". "/" has one empty segment, "/a/" ends with one.
std::vector<std::string_view> split_path(std::string_view path) {
    std::vector<std::string_view> segments;
    path.remove_prefix(1);
    while (true) {
        const auto slash = path.find('/');
        segments.push_back(path.substr(0, slash));
        if (slash == std::string_view::npos) return segments;
        path.remove_prefix(slash + 1);
    }
}

struct Segment {
    enum class Kind : std::uint8_t { literal, parameter, rest };
    Kind kind;
    std::string text;  // the literal, or the parameter's name
};

bool is_name(std::string_view text) {
    return !text.empty() && std::all_of(text.begin(), text.end(), [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
               c == '_';
    });
}

std::optional<Segment> parse_segment(std::string_view text) {
    if (text.find_first_of("{}") == std::string_view::npos) {
        auto decoded = codec::percent_decode(text);
        if (!decoded) return std::nullopt;
        return Segment{Segment::Kind::literal, std::move(*decoded)};
    }
    if (text.size() < 3 || text.front() != '{' || text.back() != '}') return std::nullopt;
    std::string_view name = text.substr(1, text.size() - 2);
    auto kind = Segment::Kind::parameter;
    if (name.ends_with("...")) {
        kind = Segment::Kind::rest;
        name.remove_suffix(3);
    }
    if (!is_name(name)) return std::nullopt;
    return Segment{kind, std::string(name)};
}

Error bad_pattern(std::string_view pattern, std::string_view why) {
    return Error(ErrorCode::invalid_argument,
                 "pattern " + std::string(pattern) + ": " + std::string(why));
}

}  // namespace

Router::Router() = default;
Router::~Router() = default;

Result<void> Router::add(std::string_view method, std::string_view pattern,
                         std::uint32_t handler) {
    if (!pattern.starts_with('/')) return bad_pattern(pattern, "must begin with /");
    if (pattern.find_first_of("?# ") != std::string_view::npos) {
        return bad_pattern(pattern, "is a path only");
    }
    Entry entry{std::string(method), handler, {}};
    Node* node = &root_;
    const auto segments = split_path(pattern);
    for (std::size_t i = 0; i < segments.size(); ++i) {
        auto segment = parse_segment(segments[i]);
        if (!segment) return bad_pattern(pattern, "a segment is a literal, {name} or {name...}");
        std::unique_ptr<Node>* next = &node->parameter;
        if (segment->kind == Segment::Kind::literal) {
            next = &node->literals[segment->text];
        } else {
            const auto& names = entry.names;
            if (std::find(names.begin(), names.end(), segment->text) != names.end()) {
                return bad_pattern(pattern, "names a parameter twice");
            }
            entry.names.push_back(segment->text);
        }
        if (segment->kind == Segment::Kind::rest) {
            if (i + 1 != segments.size()) return bad_pattern(pattern, "{name...} must be last");
            next = &node->rest;
        }
        if (!*next) *next = std::make_unique<Node>();
        node = next->get();
    }
    for (const Entry& other : node->entries) {
        if (other.method == method) return bad_pattern(pattern, "is taken for this method");
    }
    if (entry.names.empty()) literal_paths_.emplace(pattern, node);
    node->entries.push_back(std::move(entry));
    return {};
}

const Router::Node* Router::descend(const Node& node, const std::vector<std::string>& segments,
                                    std::size_t depth, std::vector<std::string>& values) {
    if (depth == segments.size()) return node.entries.empty() ? nullptr : &node;
    const std::string& segment = segments[depth];
    if (const auto found = node.literals.find(segment); found != node.literals.end()) {
        if (const Node* end = descend(*found->second, segments, depth + 1, values)) return end;
    }
    if (node.parameter && !segment.empty()) {
        values.push_back(segment);
        if (const Node* end = descend(*node.parameter, segments, depth + 1, values)) return end;
        values.pop_back();
    }
    if (node.rest) {
        std::string rest;
        for (std::size_t i = depth; i < segments.size(); ++i) {
            if (i > depth) rest += '/';
            rest += segments[i];
        }
        if (rest.empty()) return nullptr;
        values.push_back(std::move(rest));
        return node.rest.get();
    }
    return nullptr;
}

Router::Match Router::choose(const Node& node, std::string_view method,
                             std::vector<std::string>& values,
                             std::vector<Exchange::Param>& params) {
    const Entry* chosen = nullptr;
    for (const Entry& entry : node.entries) {
        if (entry.method == method) chosen = &entry;
    }
    if (chosen == nullptr && method == "HEAD") {
        for (const Entry& entry : node.entries) {
            if (entry.method == "GET") chosen = &entry;
        }
    }
    Match match;
    if (chosen == nullptr) {
        match.kind = Match::Kind::method_not_allowed;
        for (const Entry& entry : node.entries) {
            if (!match.allow.empty()) match.allow += ", ";
            match.allow += entry.method == "GET" ? "GET, HEAD" : entry.method;
        }
        return match;
    }
    match.kind = Match::Kind::found;
    match.handler = chosen->handler;
    for (std::size_t i = 0; i < values.size(); ++i) {
        params.push_back({chosen->names[i], std::move(values[i])});
    }
    return match;
}

Router::Match Router::find(std::string_view method, std::string_view path,
                           std::vector<Exchange::Param>& params) const {
    std::vector<std::string> values;
    if (const auto literal = literal_paths_.find(path); literal != literal_paths_.end()) {
        return choose(*literal->second, method, values, params);
    }
    if (!path.starts_with('/')) return {};
    std::vector<std::string> segments;
    for (const auto segment : split_path(path)) {
        auto decoded = codec::percent_decode(segment);
        if (!decoded) return {};
        segments.push_back(std::move(*decoded));
    }
    const Node* node = descend(root_, segments, 0, values);
    return node == nullptr ? Match{} : choose(*node, method, values, params);
}

}  // namespace tidewire::http
