// Value::parse and Value::scan: one walk over simdjson's On-Demand document, which builds or not.

#include <simdjson.h>

#include <algorithm>
#include <cstring>
#include <memory>
#include <numeric>
#include <optional>
#include <string>
#include <utility>

#include <tidewire/value.hpp>

#include "serializer/json_number.hpp"

namespace tidewire {
namespace {

namespace ondemand = simdjson::ondemand;

// What a thread keeps between documents. simdjson reads up to 32 bytes beyond the text, so the
// text is copied to where these bytes exist.
struct Scratch {
    ondemand::parser parser;
    std::unique_ptr<char[]> text;
    std::size_t capacity = 0;
};

constexpr std::size_t kScratchBytesMin = 4 * 1024;
// One large document must not hold a thread's memory for ever.
constexpr std::size_t kScratchBytesKept = 1024 * 1024;
// The walk recurs, so the depth is bounded by the stack whatever the options say.
constexpr std::size_t kDepthMax = 1024;

class ScratchLease {
public:
    explicit ScratchLease(std::string_view json) {
        if (scratch().text == nullptr || json.size() > scratch().capacity) {
            const std::size_t capacity = std::max(json.size(), kScratchBytesMin);
            scratch().text = std::make_unique<char[]>(capacity + simdjson::SIMDJSON_PADDING);
            scratch().capacity = capacity;
        }
        if (!json.empty()) std::memcpy(scratch().text.get(), json.data(), json.size());
        std::memset(scratch().text.get() + json.size(), ' ', simdjson::SIMDJSON_PADDING);
    }
    ~ScratchLease() {
        if (scratch().capacity > kScratchBytesKept) scratch() = Scratch();
    }
    ScratchLease(const ScratchLease&) = delete;
    ScratchLease& operator=(const ScratchLease&) = delete;

    [[nodiscard]] ondemand::parser& parser() noexcept { return scratch().parser; }
    [[nodiscard]] const char* text() const noexcept { return scratch().text.get(); }
    [[nodiscard]] std::size_t capacity() const noexcept {
        return scratch().capacity + simdjson::SIMDJSON_PADDING;
    }

private:
    static Scratch& scratch() {
        thread_local Scratch scratch;
        return scratch;
    }
};

// Of members with one name the last wins and stands where the first stood, as in Python and
// JavaScript.
void drop_duplicates(Value::Map& map) {
    constexpr std::size_t kFewMembers = 12;
    const auto same_as = [&](const std::string& name) {
        return [&name](const Value::Member& member) { return member.first == name; };
    };
    if (map.size() <= kFewMembers) {
        for (std::size_t i = 1; i < map.size();) {
            const auto here = map.begin() + static_cast<std::ptrdiff_t>(i);
            const auto first = std::find_if(map.begin(), here, same_as(here->first));
            if (first == here) {
                ++i;
                continue;
            }
            first->second = std::move(here->second);
            map.erase(here);
        }
        return;
    }
    // Equal names come together in their order: the first keeps its place, the last its value.
    std::vector<std::size_t> order(map.size());
    std::iota(order.begin(), order.end(), std::size_t{0});
    std::ranges::sort(order, [&](std::size_t a, std::size_t b) {
        const int names = map[a].first.compare(map[b].first);
        return names != 0 ? names < 0 : a < b;
    });
    std::vector<bool> dropped(map.size());
    bool any = false;
    for (std::size_t i = 0; i < order.size();) {
        std::size_t last = i;
        while (last + 1 < order.size() && map[order[last + 1]].first == map[order[i]].first) ++last;
        if (last != i) map[order[i]].second = std::move(map[order[last]].second);
        for (std::size_t k = i + 1; k <= last; ++k) dropped[order[k]] = any = true;
        i = last + 1;
    }
    if (!any) return;
    Value::Map kept;
    for (std::size_t i = 0; i < map.size(); ++i) {
        if (!dropped[i]) kept.push_back(std::move(map[i]));
    }
    map = std::move(kept);
}

constexpr std::string_view kTrailing = "something follows the value";

class Walk {
public:
    Walk(std::string_view json, std::size_t depth_max)
        : lease_(json), size_(json.size()), depth_max_(std::min(depth_max, kDepthMax)) {}

    // Builds into `out` unless it is null.
    [[nodiscard]] Result<JsonFacts> run(Value* out) {
        const simdjson::padded_string_view text(lease_.text(), size_, lease_.capacity());
        if (note(lease_.parser().iterate(text).get(document_))) {
            has_document_ = true;
            root(out);
        }
        if (problem_) return Error(ErrorCode::invalid_argument, sentence());
        return facts_;
    }

private:
    bool note(simdjson::error_code code) {
        if (code == simdjson::SUCCESS) return true;
        switch (code) {
            case simdjson::EMPTY: return fail("there is no value");
            case simdjson::UTF8_ERROR: return fail("the text is not UTF-8");
            case simdjson::STRING_ERROR: return fail("a string is malformed");
            case simdjson::UNCLOSED_STRING: return fail("a string has no end");
            case simdjson::UNESCAPED_CHARS: return fail("a string has a control character");
            case simdjson::INCOMPLETE_ARRAY_OR_OBJECT: return fail("an array or object has no end");
            case simdjson::CAPACITY: return fail("the text is too long");
            case simdjson::MEMALLOC: return fail("there is no memory for it");
            default: return fail("a value, comma, colon or bracket is missing");
        }
    }

    bool fail(std::string_view problem) {
        if (!problem_) {
            problem_ = problem;
            const char* where = nullptr;
            if (has_document_ && document_.current_location().get(where) == simdjson::SUCCESS &&
                where >= lease_.text() && where <= lease_.text() + size_) {
                offset_ = static_cast<std::size_t>(where - lease_.text());
            }
        }
        return false;
    }

    [[nodiscard]] std::string sentence() const {
        std::string out = "The JSON cannot be read: " + *problem_;
        if (offset_) out += ", near byte " + std::to_string(*offset_);
        return out + ".";
    }

    // Only an array or object is a `value` to simdjson when it is the whole document.
    bool root(Value* out) {
        ondemand::json_type type{};
        if (!note(document_.type().get(type))) return false;
        if (type == ondemand::json_type::array || type == ondemand::json_type::object) {
            ondemand::value value;
            return note(document_.get_value().get(value)) && walk(value, type, out, 1) &&
                   (at_end() || fail(kTrailing));
        }
        // The first token must reach to the end of the text, blanks included.
        std::string_view token;
        if (!note(document_.raw_json_token().get(token))) return false;
        if (token.data() + token.size() < lease_.text() + size_) return fail(kTrailing);
        if (type == ondemand::json_type::string) return string(document_, out);
        return plain(token, out);
    }

    [[nodiscard]] bool at_end() {
        return document_.current_location().error() == simdjson::OUT_OF_BOUNDS;
    }

    bool walk(ondemand::value& value, Value* out, std::size_t depth) {
        ondemand::json_type type{};
        if (!note(value.type().get(type))) return false;
        return walk(value, type, out, depth);
    }

    bool walk(ondemand::value& value, ondemand::json_type type, Value* out, std::size_t depth) {
        if (type == ondemand::json_type::array) return array(value, out, depth);
        if (type == ondemand::json_type::object) return object(value, out, depth);
        if (type == ondemand::json_type::string) return string(value, out);
        return plain(value.raw_json_token(), out);
    }

    bool enter(std::size_t depth) {
        if (depth > depth_max_) return fail("it is too deep");
        facts_.depth = std::max(facts_.depth, depth);
        return true;
    }

    bool array(ondemand::value& value, Value* out, std::size_t depth) {
        ondemand::array array;
        if (!enter(depth) || !note(value.get_array().get(array))) return false;
        Value::List list;
        for (auto element : array) {
            ondemand::value inner;
            if (!note(std::move(element).get(inner))) return false;
            if (!walk(inner, out == nullptr ? nullptr : &list.emplace_back(), depth + 1)) {
                return false;
            }
        }
        if (out != nullptr) *out = Value(std::move(list));
        return true;
    }

    bool object(ondemand::value& value, Value* out, std::size_t depth) {
        ondemand::object object;
        if (!enter(depth) || !note(value.get_object().get(object))) return false;
        Value::Map map;
        for (auto entry : object) {
            ondemand::field field;
            if (!note(std::move(entry).get(field))) return false;
            std::string_view name;
            if (!note(field.unescaped_key().get(name)) || !is_text(name)) return false;
            Value* place = nullptr;
            if (out != nullptr) place = &map.emplace_back(std::string(name), nullptr).second;
            if (!walk(field.value(), place, depth + 1)) return false;
        }
        if (out != nullptr) {
            drop_duplicates(map);
            *out = Value(std::move(map));
        }
        return true;
    }

    template <class Source>
    bool string(Source& source, Value* out) {
        std::string_view text;
        if (!note(source.get_string().get(text)) || !is_text(text)) return false;
        if (out != nullptr) *out = Value(text);
        return true;
    }

    // A literal or a number; the token has the blanks behind it.
    bool plain(std::string_view token, Value* out) {
        token = token.substr(0, token.find_last_not_of(" \t\r\n") + 1);
        if (token == "null") return true;
        if (token == "true" || token == "false") {
            if (out != nullptr) *out = Value(token == "true");
            return true;
        }
        auto number = serializer::parse_json_number(token);
        if (!number) return fail(number.error().message());
        constexpr std::int64_t kSafe = (std::int64_t{1} << 53) - 1;
        const auto* small = number->get_if<std::int64_t>();
        if (number->type() == Value::Type::uint64 ||
            (small != nullptr && (*small > kSafe || *small < -kSafe))) {
            facts_.has_unsafe_integer = true;
        }
        if (out != nullptr) *out = *std::move(number);
        return true;
    }

    // Lone surrogates have an escape but no UTF-8, and simdjson lets some of them pass.
    bool is_text(std::string_view text) {
        const bool ascii = std::ranges::all_of(text, [](char c) { return c >= 0; });
        if (ascii || simdjson::validate_utf8(text)) return true;
        return fail("a string has half of a surrogate pair");
    }

    ScratchLease lease_;
    std::size_t size_;
    std::size_t depth_max_;
    ondemand::document document_;
    bool has_document_ = false;
    JsonFacts facts_;
    std::optional<std::string> problem_;
    std::optional<std::size_t> offset_;
};

}  // namespace

Result<Value> Value::parse(std::string_view json, JsonOptions options) {
    Value value;
    auto facts = Walk(json, options.depth_max).run(&value);
    if (!facts) return facts.error();
    return value;
}

Result<JsonFacts> Value::scan(std::string_view json, JsonOptions options) {
    return Walk(json, options.depth_max).run(nullptr);
}

}  // namespace tidewire
