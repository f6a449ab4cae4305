#include <tidewire/value.hpp>

#include <catch2/catch.hpp>

#include <cstdint>
#include <limits>
#include <string>
#include <string_view>

namespace tidewire {

TEST_CASE("a value has the type of what it is made from", "[value]") {
    using Type = Value::Type;
    CHECK(Value().type() == Type::null);
    CHECK(Value(nullptr).is_null());
    CHECK(Value(true).type() == Type::boolean);
    CHECK(Value(-1).type() == Type::int64);
    CHECK(Value(1U).type() == Type::int64);
    CHECK(Value(std::numeric_limits<std::uint64_t>::max()).type() == Type::uint64);
    CHECK(Value(1.0).type() == Type::float64);
    CHECK(Value("text").type() == Type::text);
    CHECK(Value(Data{"bytes"}).type() == Type::data);
    CHECK(array({1, 2}).type() == Type::list);
    CHECK(object({{"a", 1}}).type() == Type::map);
}

TEST_CASE("as gives an integer only in the range of its type", "[value]") {
    CHECK(*Value(255).as<std::uint8_t>() == 255);
    CHECK_FALSE(Value(256).as<std::uint8_t>());
    CHECK_FALSE(Value(-1).as<std::uint64_t>());
    CHECK(*Value(std::numeric_limits<std::int64_t>::min()).as<std::int64_t>() ==
          std::numeric_limits<std::int64_t>::min());
    CHECK_FALSE(Value(std::numeric_limits<std::uint64_t>::max()).as<std::int64_t>());
    CHECK(*Value(std::numeric_limits<std::uint64_t>::max()).as<std::uint64_t>() ==
          std::numeric_limits<std::uint64_t>::max());
    CHECK_FALSE(Value(1.0).as<int>());
    CHECK_FALSE(Value(true).as<int>());
}

TEST_CASE("as gives an integer as double only when that is exact", "[value]") {
    constexpr std::int64_t kExact = std::int64_t{1} << 53;
    CHECK(*Value(kExact).as<double>() == 9007199254740992.0);
    CHECK_FALSE(Value(kExact + 1).as<double>());
    CHECK_FALSE(Value(-kExact - 1).as<double>());
    CHECK(*Value(1.5).as<double>() == 1.5);
    CHECK_FALSE(Value("1.5").as<double>());
}

TEST_CASE("a wrong type is told with both types", "[value]") {
    const auto wrong = Value("x").as<bool>();
    REQUIRE_FALSE(wrong);
    CHECK(wrong.error().code() == ErrorCode::invalid_argument);
    CHECK(wrong.error().message() == "The value is of type text, not bool.");
    CHECK(Value(1).as<std::string>().error().message() == "The value is of type int64, not text.");
}

TEST_CASE("text is given as a view or a copy", "[value]") {
    const Value value("hello");
    CHECK(*value.as<std::string_view>() == "hello");
    CHECK(*value.as<std::string>() == "hello");
    CHECK_FALSE(value.as<Data>());
    CHECK(Value(Data{"b"}).as<Data>()->bytes == "b");
}

TEST_CASE("what is not there is null, at any depth", "[value]") {
    const Value value = object({{"a", object({{"b", array({1, "x"})}})}});
    CHECK(*value["a"]["b"][0].as<int>() == 1);
    CHECK(value["a"]["b"][2].is_null());
    CHECK(value["no"]["way"][7]["at all"].is_null());
    CHECK(value[0].is_null());
    CHECK(value["a"]["b"]["a"].is_null());
    CHECK(value.find("no") == nullptr);
    CHECK(value.size() == 1);
    CHECK(value["a"]["b"].size() == 2);
    CHECK(Value("text").size() == 0);
}

TEST_CASE("of members with one name the last is found", "[value]") {
    const Value value = object({{"a", 1}, {"b", 2}, {"a", 3}});
    CHECK(*value["a"].as<int>() == 3);
}

TEST_CASE("values are equal when types and contents are", "[value]") {
    CHECK(object({{"a", array({1, nullptr})}}) == object({{"a", array({1, nullptr})}}));
    CHECK_FALSE(Value(1) == Value(1.0));
    CHECK_FALSE(Value("x") == Value(Data{"x"}));
    CHECK(Value(1U) == Value(1));
}

}  // namespace tidewire
