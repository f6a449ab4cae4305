// Values as schemas/value.capnp lays them out. What it says is written down here as numbers, so
// that nothing is generated; a test compares them with the file.
#include <tidewire/capnp_message.hpp>

#include <cstring>

#include "base/utf8.hpp"
#include "serializer/capnp_headers.hpp"

namespace tidewire {
namespace {

using capnp::AnyPointer;
using capnp::AnyStruct;

// The members of the union, by discriminant.
enum class Member : std::uint16_t { null, boolean, int64, uint64, float64, text, data, list, map };
constexpr std::uint16_t kDataWords = 2;
constexpr std::uint16_t kPointers = 2;  // the name in a map; then what text, data, list or map is
constexpr std::size_t kValueWords = kDataWords + kPointers;
constexpr std::size_t kBoolByte = 2;
constexpr std::size_t kNumberByte = 8;
constexpr unsigned kNamePointer = 0;
constexpr unsigned kContentPointer = 1;
constexpr std::size_t kNestingMax = 64;
// Lists of elements that take no room claim what they do not bring: so many are free.
constexpr std::size_t kFreeValues = 16'384;

constexpr std::size_t words(std::size_t bytes) noexcept { return (bytes + 7) / 8; }

// What a value takes beside its own struct. Nothing: it is nested too deeply.
std::optional<std::size_t> content_words(const Value& value, std::size_t depth) {
    if (const auto* text = value.get_if<std::string>()) return words(text->size() + 1);
    if (const auto* data = value.get_if<Data>()) return words(data->bytes.size());
    const auto* list = value.get_if<Value::List>();
    const auto* map = value.get_if<Value::Map>();
    if (list == nullptr && map == nullptr) return 0;
    if (depth >= kNestingMax) return std::nullopt;
    std::size_t sum = 1;  // the tag before the elements
    const auto add = [&](const Value& element) {
        const auto more = content_words(element, depth + 1);
        if (more) sum += kValueWords + *more;
        return more.has_value();
    };
    if (list != nullptr) {
        for (const Value& element : *list) {
            if (!add(element)) return std::nullopt;
        }
        return sum;
    }
    for (const auto& [name, element] : *map) {
        sum += words(name.size() + 1);
        if (!add(element)) return std::nullopt;
    }
    return sum;
}

class Writer {
public:
    // False: some text is not UTF-8.
    bool write(const Value& value, AnyStruct::Builder to) {
        auto data = to.getDataSection();
        switch (value.type()) {
            case Value::Type::null: return true;
            case Value::Type::boolean:
                data[kBoolByte] = *value.get_if<bool>() ? 1 : 0;
                return tell(data, Member::boolean);
            case Value::Type::int64:
                return number(data, Member::int64, value.get_if<std::int64_t>());
            case Value::Type::uint64:
                return number(data, Member::uint64, value.get_if<std::uint64_t>());
            case Value::Type::float64: return number(data, Member::float64, value.get_if<double>());
            case Value::Type::text:
                tell(data, Member::text);
                return text(*value.get_if<std::string>(), to.getPointerSection()[kContentPointer]);
            case Value::Type::data: {
                tell(data, Member::data);
                const std::string& bytes = value.get_if<Data>()->bytes;
                to.getPointerSection()[kContentPointer].setAs<capnp::Data>(kj::arrayPtr(
                    reinterpret_cast<const kj::byte*>(bytes.data()), bytes.size()));
                return true;
            }
            case Value::Type::list:
                tell(data, Member::list);
                return list(*value.get_if<Value::List>(), to.getPointerSection()[kContentPointer]);
            case Value::Type::map:
                tell(data, Member::map);
                return map(*value.get_if<Value::Map>(), to.getPointerSection()[kContentPointer]);
        }
        return true;
    }

private:
    using Bytes = capnp::Data::Builder;

    static bool tell(Bytes data, Member member) noexcept {
        const auto number = static_cast<std::uint16_t>(member);
        data[0] = static_cast<kj::byte>(number & 0xff);
        data[1] = static_cast<kj::byte>(number >> 8);
        return true;
    }
    template <class T>
    static bool number(Bytes data, Member member, const T* value) noexcept {
        std::memcpy(data.begin() + kNumberByte, value, sizeof(T));
        return tell(data, member);
    }
    static bool text(std::string_view text, AnyPointer::Builder to) {
        if (!base::is_utf8(text)) return false;
        auto copy = to.initAs<capnp::Text>(static_cast<unsigned>(text.size()));
        if (!text.empty()) std::memcpy(copy.begin(), text.data(), text.size());
        return true;
    }
    static capnp::List<AnyStruct>::Builder elements(AnyPointer::Builder to, std::size_t count) {
        return to.initAsListOfAnyStruct(kDataWords, kPointers, static_cast<unsigned>(count));
    }
    bool list(const Value::List& list, AnyPointer::Builder to) {
        auto target = elements(to, list.size());
        for (unsigned i = 0; i < target.size(); ++i) {
            if (!write(list[i], target[i])) return false;
        }
        return true;
    }
    bool map(const Value::Map& map, AnyPointer::Builder to) {
        auto target = elements(to, map.size());
        for (unsigned i = 0; i < target.size(); ++i) {
            const auto& [name, value] = map[i];
            if (!text(name, target[i].getPointerSection()[kNamePointer])) return false;
            if (!write(value, target[i])) return false;
        }
        return true;
    }
};

// Throws kj::Exception for what the message gets wrong.
class Reader {
public:
    Reader(std::size_t values_max, std::size_t depth_max)
        : left_(values_max), depth_left_(depth_max) {}

    Value read(AnyStruct::Reader from) {
        const auto data = from.getDataSection();
        switch (static_cast<Member>(part<std::uint16_t>(data, 0))) {
            case Member::null: return {};
            case Member::boolean: return (part<std::uint8_t>(data, kBoolByte) & 1) != 0;
            case Member::int64: return part<std::int64_t>(data, kNumberByte);
            case Member::uint64: return part<std::uint64_t>(data, kNumberByte);
            case Member::float64: return part<double>(data, kNumberByte);
            case Member::text: return text(from, kContentPointer);
            case Member::data: return bytes(from);
            case Member::list: return list(from);
            case Member::map: return map(from);
        }
        KJ_FAIL_REQUIRE("a value of a kind that this version does not know");
    }

private:
    // What a message of an older schema does not have is 0.
    template <class T>
    static T part(capnp::Data::Reader data, std::size_t at) noexcept {
        T value{};
        if (data.size() >= at + sizeof(T)) std::memcpy(&value, data.begin() + at, sizeof(T));
        return value;
    }
    static bool has(AnyStruct::Reader from, unsigned pointer) {
        const auto pointers = from.getPointerSection();
        return pointers.size() > pointer && !pointers[pointer].isNull();
    }
    static std::string text(AnyStruct::Reader from, unsigned pointer) {
        if (!has(from, pointer)) return {};
        const auto text = from.getPointerSection()[pointer].getAs<capnp::Text>();
        const std::string_view view(text.begin(), text.size());
        KJ_REQUIRE(base::is_utf8(view), "text that is not UTF-8");
        return std::string(view);
    }
    static Value bytes(AnyStruct::Reader from) {
        if (!has(from, kContentPointer)) return Data{};
        const auto data = from.getPointerSection()[kContentPointer].getAs<capnp::Data>();
        return Data{std::string(reinterpret_cast<const char*>(data.begin()), data.size())};
    }
    capnp::List<AnyStruct>::Reader elements(AnyStruct::Reader from) {
        const auto any = from.getPointerSection()[kContentPointer].getAs<capnp::AnyList>();
        KJ_REQUIRE(any.getElementSize() != capnp::ElementSize::BIT, "a list of another type");
        const auto list = any.as<capnp::List<AnyStruct>>();
        KJ_REQUIRE(list.size() <= left_, "lists that are longer than the message");
        left_ -= list.size();
        return list;
    }
    void descend() {
        KJ_REQUIRE(depth_left_ > 0, "it is nested too deeply");
        --depth_left_;
    }
    Value list(AnyStruct::Reader from) {
        Value::List list;
        if (!has(from, kContentPointer)) return list;
        const auto source = elements(from);
        descend();
        list.reserve(source.size());
        for (const auto element : source) list.push_back(read(element));
        ++depth_left_;
        return list;
    }
    Value map(AnyStruct::Reader from) {
        Value::Map map;
        if (!has(from, kContentPointer)) return map;
        const auto source = elements(from);
        descend();
        map.reserve(source.size());
        for (const auto element : source) {
            map.emplace_back(text(element, kNamePointer), read(element));
        }
        ++depth_left_;
        return map;
    }

    std::size_t left_;
    std::size_t depth_left_;
};

// The description without the place in the source that it was noticed at.
Error invalid(const kj::Exception& exception) {
    return {ErrorCode::invalid_data,
            "not a valid message: " + std::string(exception.getDescription().cStr())};
}

}  // namespace

Result<std::string> encode_message(const Value& value) {
    const auto content = content_words(value, 1);
    if (!content) {
        return Error(ErrorCode::invalid_argument,
                     "the value is nested deeper than " + std::to_string(kNestingMax) + " levels");
    }
    // One segment that holds all: the root pointer, the root and what it leads to.
    const std::size_t size = 1 + kValueWords + *content;
    if (size >= (1U << 29)) {
        return Error(ErrorCode::invalid_argument, "the value is larger than a message may be");
    }
    capnp::MallocMessageBuilder message(static_cast<unsigned>(size),
                                        capnp::AllocationStrategy::FIXED_SIZE);
    auto root = message.getRoot<AnyPointer>().initAsAnyStruct(kDataWords, kPointers);
    if (!Writer().write(value, root)) {
        return Error(ErrorCode::invalid_argument, "text that is not UTF-8");
    }
    const auto words = capnp::messageToFlatArray(message);
    const auto bytes = words.asBytes();
    return std::string(reinterpret_cast<const char*>(bytes.begin()), bytes.size());
}

Result<Value> decode_message(std::string_view message, const MessageLimits& limits) {
    if (message.empty() || message.size() % sizeof(capnp::word) != 0) {
        return Error(ErrorCode::invalid_data, "a message is a whole number of words");
    }
    try {
        // Aligned, which a message from the wire need not be.
        const std::size_t count = message.size() / sizeof(capnp::word);
        auto words = kj::heapArray<capnp::word>(count);
        std::memcpy(words.begin(), message.data(), message.size());
        capnp::ReaderOptions options;
        options.traversalLimitInWords = limits.traversal_words_max;
        // The library counts the struct in a list, too; pointers are counted by the reader here.
        options.nestingLimit = static_cast<int>(2 * limits.nesting_max + 2);
        capnp::FlatArrayMessageReader reader(words, options);
        KJ_REQUIRE(reader.getEnd() == words.end(), "it is followed by more bytes");
        const auto root = reader.getRoot<AnyPointer>();
        if (root.isNull()) return Value();
        KJ_REQUIRE(limits.nesting_max > 0, "it is nested too deeply");
        return Reader(kFreeValues + count, limits.nesting_max - 1).read(root.getAs<AnyStruct>());
    } catch (const kj::Exception& exception) {
        return invalid(exception);
    }
}

}  // namespace tidewire
