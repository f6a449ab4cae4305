#include <tidewire/capnp_message.hpp>

#include <catch2/catch.hpp>

#include <cmath>
#include <filesystem>
#include <fstream>
#include <limits>
#include <string>

#include <tidewire/schema.hpp>

using namespace tidewire;

namespace {

std::string file(const std::string& path) {
    std::ifstream in(std::string(TIDEWIRE_SOURCE_DIR) + "/" + path, std::ios::binary);
    REQUIRE(in);
    return {std::istreambuf_iterator<char>(in), {}};
}

std::string from_hex(std::string_view hex) {
    std::string bytes;
    for (std::size_t i = 0; i + 1 < hex.size(); i += 2) {
        bytes += static_cast<char>(std::stoi(std::string(hex.substr(i, 2)), nullptr, 16));
    }
    return bytes;
}

// {"$bytes": "hex"} and {"$float": "NaN"} stand for what JSON cannot say.
Value untagged(const Value& value) {
    if (const auto* list = value.get_if<Value::List>()) {
        Value::List out;
        for (const auto& element : *list) out.push_back(untagged(element));
        return out;
    }
    const auto* map = value.get_if<Value::Map>();
    if (map == nullptr) return value;
    if (const Value* bytes = value.find("$bytes")) {
        return Data{from_hex(bytes->as<std::string>().value())};
    }
    if (const Value* number = value.find("$float")) {
        return std::stod(number->as<std::string>().value());
    }
    Value::Map out;
    for (const auto& [name, member] : *map) out.emplace_back(name, untagged(member));
    return out;
}

Value nested(int depth) {
    Value value(1);
    for (int i = 0; i < depth; ++i) value = Value(Value::List{std::move(value)});
    return value;
}

}  // namespace

TEST_CASE("values are written as the other languages write them, and come back", "[capnp]") {
    const auto cases = Value::parse(file("tests/conformance/capnp_values.json")).value();
    REQUIRE(cases.size() > 10);
    for (std::size_t i = 0; i < cases.size(); ++i) {
        CAPTURE(cases[i].dump().value());
        const Value value = untagged(cases[i]["value"]);
        const std::string message = from_hex(cases[i]["message"].as<std::string>().value());
        CHECK(encode_message(value).value() == message);
        CHECK(encode_message(decode_message(message).value()).value() == message);
        CHECK(unpack_message(pack_message(message).value()).value() == message);
    }
}

TEST_CASE("the numbers of the writer are those of schemas/value.capnp", "[capnp]") {
    const auto schema =
        Schema::load(std::string(TIDEWIRE_SOURCE_DIR) + "/schemas/value.capnp").value();
    const auto tables = Value::parse(schema.describe()).value();
    const auto id = tables["types"]["Value"].as<std::string>().value();
    const Value& node = tables["nodes"][id];
    CHECK(node["dataWords"] == Value(2));
    CHECK(node["pointerCount"] == Value(2));
    CHECK(node["discriminantOffset"] == Value(0));
    CHECK(node["discriminantCount"] == Value(9));
    const std::vector<std::pair<std::string, int>> expected{
        {"name", 0}, {"null", 0}, {"bool", 16}, {"int64", 1}, {"uint64", 1},
        {"float64", 1}, {"text", 1}, {"data", 1}, {"list", 1}, {"map", 1}};
    const Value& fields = node["fields"];
    REQUIRE(fields.size() == expected.size());
    for (std::size_t i = 0; i < expected.size(); ++i) {
        CAPTURE(i);
        CHECK(fields[i]["name"] == Value(expected[i].first));
        CHECK(fields[i]["offset"] == Value(expected[i].second));
        if (i > 0) CHECK(fields[i]["discriminant"] == Value(i - 1));
    }
}

TEST_CASE("what JSON cannot say is kept", "[capnp]") {
    const Value value = object({{"data", Data{std::string("\0\xff", 2)}},
                                {"infinite", -std::numeric_limits<double>::infinity()}});
    CHECK(decode_message(encode_message(value).value()).value() == value);
    const auto nan = decode_message(encode_message(Value(std::nan(""))).value()).value();
    CHECK(std::isnan(nan.as<double>().value()));
}

TEST_CASE("what cannot be a message is told", "[capnp]") {
    CHECK(encode_message(Value("\xff")).error().code() == ErrorCode::invalid_argument);
    CHECK(encode_message(object({{"\xff", 1}})).error().code() == ErrorCode::invalid_argument);
    CHECK(encode_message(nested(63)));
    CHECK(encode_message(nested(64)).error().code() == ErrorCode::invalid_argument);
    CHECK(pack_message("1234567").error().code() == ErrorCode::invalid_argument);
    const auto deep = encode_message(nested(63)).value();
    CHECK(decode_message(deep).value() == nested(63));
    CHECK(decode_message(deep, {.nesting_max = 10}).error().code() == ErrorCode::invalid_data);
    CHECK(decode_message(deep, {.traversal_words_max = 20}).error().code() ==
          ErrorCode::invalid_data);
    const auto packed = pack_message(deep).value();
    CHECK(unpack_message(packed, {.message_bytes_max = 64}).error().code() ==
          ErrorCode::invalid_data);
    for (std::size_t size = 0; size < deep.size(); ++size) {
        CHECK_FALSE(decode_message(std::string_view(deep).substr(0, size)));
    }
    for (std::size_t size = 0; size < packed.size(); ++size) {
        CHECK_FALSE(unpack_message(std::string_view(packed).substr(0, size)));
    }
    CHECK_FALSE(decode_message(deep + std::string(8, '\0')));
    CHECK_FALSE(unpack_message(packed + "xx"));
}

TEST_CASE("hostile messages are errors", "[capnp]") {
    int seen = 0;
    const std::string folder = "tests/conformance/data/capnp_hostile";
    for (const auto& entry :
         std::filesystem::directory_iterator(std::string(TIDEWIRE_SOURCE_DIR) + "/" + folder)) {
        if (entry.path().extension() != ".bin") continue;
        CAPTURE(entry.path().filename().string());
        ++seen;
        const auto value = decode_message(file(folder + "/" + entry.path().filename().string()));
        // Whatever they lead to is looked at only as far as a Value has it.
        if (value) CHECK(value->size() == 0);
        else CHECK(value.error().code() == ErrorCode::invalid_data);
    }
    CHECK(seen == 14);
}
