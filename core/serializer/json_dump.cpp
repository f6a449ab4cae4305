// Value::dump: compact JSON (RFC 8259).

#include <simdjson.h>

#include <array>
#include <charconv>
#include <cmath>
#include <string>
#include <string_view>
#include <utility>

#include <tidewire/value.hpp>

#include "serializer/json_number.hpp"

namespace tidewire {
namespace {

// The writer recurs, so the stack bounds it.
constexpr std::size_t kDepthMax = 1024;

// What stands for a byte in a string: 0 for itself, else the letter after the backslash.
constexpr std::array<char, 256> kEscapes = [] {
    std::array<char, 256> table{};
    for (std::size_t c = 0; c < 0x20; ++c) table[c] = 'u';
    table['"'] = '"';
    table['\\'] = '\\';
    table['\b'] = 'b';
    table['\f'] = 'f';
    table['\n'] = 'n';
    table['\r'] = 'r';
    table['\t'] = 't';
    return table;
}();

class Writer {
public:
    explicit Writer(std::string& out) : out_(out), size_before_(out.size()) {}

    [[nodiscard]] Result<void> run(const Value& value) {
        if (write(value, 1)) return {};
        out_.resize(size_before_);
        return Error(ErrorCode::invalid_argument,
                     "The value has no JSON form: $" + path_ + " " + std::string(problem_) + ".");
    }

private:
    bool write(const Value& value, std::size_t depth) {
        switch (value.type()) {
            case Value::Type::null: out_.append("null"); return true;
            case Value::Type::boolean:
                out_.append(*value.get_if<bool>() ? "true" : "false");
                return true;
            case Value::Type::int64: integer(*value.get_if<std::int64_t>()); return true;
            case Value::Type::uint64: integer(*value.get_if<std::uint64_t>()); return true;
            case Value::Type::float64: return real(*value.get_if<double>());
            case Value::Type::text: return text(*value.get_if<std::string>());
            case Value::Type::data: return fail("is data, not text");
            case Value::Type::list: return list(*value.get_if<Value::List>(), depth);
            case Value::Type::map: return map(*value.get_if<Value::Map>(), depth);
        }
        return false;
    }

    // The path is put together from its end while the calls return.
    bool fail(std::string_view problem) {
        problem_ = problem;
        return false;
    }
    bool fail_inside(std::string_view step) {
        path_.insert(0, step);
        return false;
    }

    template <class Integer>
    void integer(Integer number) {
        std::array<char, 20> digits{};
        const auto end = std::to_chars(digits.data(), digits.data() + digits.size(), number).ptr;
        out_.append(digits.data(), end);
    }

    bool real(double number) {
        if (!std::isfinite(number)) return fail("is not a finite number");
        serializer::write_json_double(out_, number);
        return true;
    }

    bool text(std::string_view text) {
        out_.push_back('"');
        std::size_t written = 0;
        unsigned char bits = 0;
        for (std::size_t i = 0; i < text.size(); ++i) {
            const auto byte = static_cast<unsigned char>(text[i]);
            bits |= byte;
            if (kEscapes[byte] == 0) continue;
            out_.append(text, written, i - written);
            escape(byte);
            written = i + 1;
        }
        out_.append(text, written).push_back('"');
        if (bits < 0x80 || simdjson::validate_utf8(text.data(), text.size())) return true;
        return fail("is not UTF-8");
    }

    void escape(unsigned char byte) {
        constexpr std::string_view kHex = "0123456789abcdef";
        out_.push_back('\\');
        out_.push_back(kEscapes[byte]);
        if (kEscapes[byte] == 'u') out_.append({'0', '0', kHex[byte >> 4], kHex[byte & 15]});
    }

    bool list(const Value::List& list, std::size_t depth) {
        if (depth > kDepthMax) return fail("is too deep");
        out_.push_back('[');
        for (std::size_t i = 0; i < list.size(); ++i) {
            if (i != 0) out_.push_back(',');
            if (!write(list[i], depth + 1)) return fail_inside("[" + std::to_string(i) + "]");
        }
        out_.push_back(']');
        return true;
    }

    bool map(const Value::Map& map, std::size_t depth) {
        if (depth > kDepthMax) return fail("is too deep");
        out_.push_back('{');
        for (std::size_t i = 0; i < map.size(); ++i) {
            const auto& [name, value] = map[i];
            if (i != 0) out_.push_back(',');
            if (!text(name)) return fail_inside(" has a name that");
            out_.push_back(':');
            if (!write(value, depth + 1)) return fail_inside("." + name);
        }
        out_.push_back('}');
        return true;
    }

    std::string& out_;
    std::size_t size_before_;
    std::string path_;
    std::string_view problem_;
};

}  // namespace

Result<void> Value::dump_to(std::string& out) const { return Writer(out).run(*this); }

Result<std::string> Value::dump() const {
    std::string out;
    if (auto written = dump_to(out); !written) return written.error();
    return out;
}

}  // namespace tidewire
