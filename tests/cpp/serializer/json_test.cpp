#include <tidewire/value.hpp>

#include <catch2/catch.hpp>

#include <array>
#include <cmath>
#include <cstdint>
#include <limits>
#include <string>
#include <string_view>
#include <thread>

namespace tidewire {
namespace {

Value parsed(std::string_view json) {
    INFO(json);
    auto value = Value::parse(json);
    REQUIRE(value);
    // A scan agrees with every parse of these tests.
    REQUIRE(Value::scan(json));
    return *std::move(value);
}

std::string refusal(std::string_view json, JsonOptions options = {}) {
    const auto value = Value::parse(json, options);
    const auto facts = Value::scan(json, options);
    if (value || facts) return "taken";
    CHECK(value.error().code() == ErrorCode::invalid_argument);
    CHECK(value.error() == facts.error());
    return std::string(value.error().message());
}

std::string dumped(const Value& value) {
    auto json = value.dump();
    return json ? *json : "error: " + std::string(json.error().message());
}

std::string nested(std::size_t depth) {
    return std::string(depth, '[') + std::string(depth, ']');
}

}  // namespace

TEST_CASE("every kind of JSON value is read", "[json]") {
    CHECK(parsed("null").is_null());
    CHECK(parsed(" true ") == Value(true));
    CHECK(parsed("false") == Value(false));
    CHECK(parsed("\t-12\r\n") == Value(-12));
    CHECK(parsed("1.5e3") == Value(1500.0));
    CHECK(parsed("\"a\"") == Value("a"));
    CHECK(parsed("[]") == array({}));
    CHECK(parsed("{}") == object({}));
    CHECK(parsed(R"({"a":[1,{"b":null}],"c":"d"})") ==
          object({{"a", array({1, object({{"b", nullptr}})})}, {"c", "d"}}));
}

TEST_CASE("an integer within int64 or uint64 stays one, any other number is a float64", "[json]") {
    CHECK(parsed("9223372036854775807") == Value(std::numeric_limits<std::int64_t>::max()));
    CHECK(parsed("-9223372036854775808") == Value(std::numeric_limits<std::int64_t>::min()));
    CHECK(parsed("9223372036854775808").type() == Value::Type::uint64);
    CHECK(parsed("18446744073709551615") == Value(std::numeric_limits<std::uint64_t>::max()));
    CHECK(parsed("18446744073709551616") == Value(18446744073709551616.0));
    CHECK(parsed("-9223372036854775809") == Value(-9223372036854775808.0));
    CHECK(parsed("1.0").type() == Value::Type::float64);
    CHECK(parsed("1e2") == Value(100.0));
    CHECK(parsed("-0") == Value(0));
    CHECK(std::signbit(*parsed("-0.0").get_if<double>()));
}

TEST_CASE("a number greater than any float64 is refused, one next to zero is zero", "[json]") {
    constexpr std::string_view kMessage = "greater than any float64";
    for (const std::string_view json : {"1e400", "-1e400", "[1e309]", "1e99999999999999999999",
                                        "123456789e400", "0.00001e330"}) {
        INFO(json);
        CHECK(refusal(json).find(kMessage) != std::string::npos);
    }
    CHECK(refusal("1" + std::string(400, '0')).find(kMessage) != std::string::npos);
    for (const std::string_view json : {"1e-400", "0e400", "0.0e999999999999999999999",
                                        "123e-99999999999999999999"}) {
        INFO(json);
        CHECK(parsed(json) == Value(0.0));
    }
    CHECK(parsed("0." + std::string(400, '0') + "1") == Value(0.0));
    CHECK(parsed("0." + std::string(400, '0') + "1e20") == Value(0.0));
    CHECK(parsed("5e-324") == Value(5e-324));
    CHECK(parsed("1.7976931348623157e308") == Value(1.7976931348623157e308));
}

TEST_CASE("what is not quite a number is refused", "[json]") {
    for (const std::string_view json :
         {"01", "-", "+1", "1.", ".5", "1e", "1e+", "0x1", "1_0", "--1", "-01", "NaN", "Infinity",
          "-Infinity", "1 2", "1,2", "[1 2]", "1a", "truex", "nul", "nulll", "True", "[nul]"}) {
        INFO(json);
        CHECK(refusal(json) != "taken");
    }
}

TEST_CASE("escapes are decoded and half a surrogate pair is refused", "[json]") {
    CHECK(parsed(R"("\"\\\/\b\f\n\r\t\u0041\u00e9\u20AC\ud83d\ude00")") ==
          Value("\"\\/\b\f\n\r\tA\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80"));
    CHECK(parsed(R"("\u0000")") == Value(std::string(1, '\0')));
    for (const std::string_view json :
         {R"("\ud83d")", R"("\ude00")", R"("\ud83d\ud83d")", R"("\ud83dx")", R"("\ude00\ud83d")",
          R"({"\udc00":1})", R"("\x")", R"("\u12g4")", R"("\u12")", "\"a\nb\"", "\"a"}) {
        INFO(json);
        CHECK(refusal(json) != "taken");
    }
}

TEST_CASE("text that is not UTF-8 is refused", "[json]") {
    for (const std::string_view json :
         {"\"\xff\"", "\"\xc3\"", "\"\xc0\x80\"", "\"\xed\xa0\x80\"", "[\"\xf4\x90\x80\x80\"]"}) {
        CHECK(refusal(json).find("not UTF-8") != std::string::npos);
    }
}

TEST_CASE("nothing may follow the value", "[json]") {
    for (const std::string_view json : {"1 1", "{} {}", "[],", "null null", "\"a\" \"b\"", "{}x",
                                        "[]]", "true,", "\"a\",", "{}\x01"}) {
        INFO(json);
        CHECK(refusal(json) != "taken");
    }
    CHECK(refusal("{} {}").find("something follows the value") != std::string::npos);
}

TEST_CASE("an empty text and half a value are refused", "[json]") {
    for (const std::string_view json : {"", " ", "[", "{", "[1", "[1,", "{\"a\"", "{\"a\":", "}",
                                        "{\"a\":1", "{\"a\":1,", "{\"a\":1,}", "[1,]", "[,1]",
                                        "{,}", "{a:1}", "{1:1}", "{\"a\" 1}", "[1}", "{\"a\":1]"}) {
        INFO(json);
        CHECK(refusal(json) != "taken");
    }
}

TEST_CASE("depth counts arrays and objects inside each other and has a limit", "[json]") {
    CHECK(Value::scan("1")->depth == 0);
    CHECK(Value::scan("[]")->depth == 1);
    CHECK(Value::scan(R"([[],{"a":[1]}])")->depth == 3);
    CHECK(Value::parse(nested(64)));
    CHECK(refusal(nested(65)).find("too deep") != std::string::npos);
    CHECK(Value::parse(nested(2), {.depth_max = 2}));
    CHECK(refusal(nested(3), {.depth_max = 2}).find("too deep") != std::string::npos);
    CHECK(refusal("[]", {.depth_max = 0}) != "taken");
    // However much is allowed, the stack is not at the caller's mercy.
    CHECK(Value::parse(nested(1000), {.depth_max = 1'000'000}));
    CHECK(refusal(nested(100'000), {.depth_max = 1'000'000}) != "taken");
}

TEST_CASE("a scan tells integers that doubles do not hold", "[json]") {
    CHECK_FALSE(Value::scan("[9007199254740991,-9007199254740991,1e300]")->has_unsafe_integer);
    CHECK(Value::scan("[9007199254740992]")->has_unsafe_integer);
    CHECK(Value::scan(R"({"a":-9007199254740992})")->has_unsafe_integer);
    CHECK(Value::scan("18446744073709551615")->has_unsafe_integer);
}

TEST_CASE("of equal names the last value stands where the first stood", "[json]") {
    CHECK(parsed(R"({"a":1,"b":2,"a":3})") == object({{"a", 3}, {"b", 2}}));
    CHECK(parsed(R"({"a":1,"\u0061":[2],"a":null})") == object({{"a", nullptr}}));
    std::string many = "{";
    for (int round = 0; round < 3; ++round) {
        for (int i = 0; i < 50; ++i) {
            many += "\"k" + std::to_string(i) + "\":" + std::to_string(round * 100 + i) + ",";
        }
    }
    const Value value = parsed(many + "\"last\":0}");
    REQUIRE(value.size() == 51);
    const auto& map = *value.get_if<Value::Map>();
    CHECK(map[0] == Value::Member{"k0", 200});
    CHECK(map[49] == Value::Member{"k49", 249});
    CHECK(map[50].first == "last");
}

TEST_CASE("a name like any other: the empty one and __proto__", "[json]") {
    CHECK(parsed(R"({"":1,"__proto__":2})") == object({{"", 1}, {"__proto__", 2}}));
}

TEST_CASE("an error tells the place", "[json]") {
    CHECK(refusal(R"({"a": tru})") ==
          "The JSON cannot be read: a number or literal is malformed, near byte 6.");
    CHECK(refusal("").find("there is no value") != std::string::npos);
}

TEST_CASE("a small text is read after a large one and after a bad one", "[json]") {
    const std::string large = "[\"" + std::string(3'000'000, 'x') + "\"]";
    CHECK(parsed(large)[0].as<std::string>()->size() == 3'000'000);
    CHECK(parsed("[1]") == array({1}));
    CHECK(refusal("[1") != "taken");
    CHECK(parsed("{\"a\":1}") == object({{"a", 1}}));
}

TEST_CASE("an empty text may be the first that a thread reads", "[json]") {
    bool refused = false;
    std::thread([&] { refused = !Value::parse(""); }).join();
    CHECK(refused);
}

TEST_CASE("a text is read where it ends, whatever stands behind it in memory", "[json]") {
    const std::string_view memory = "12345";
    CHECK(parsed(memory.substr(0, 2)) == Value(12));
    const std::string_view more = "truexyz";
    CHECK(parsed(more.substr(0, 4)) == Value(true));
}

TEST_CASE("JSON is written compactly and in order", "[json]") {
    CHECK(dumped(object({{"b", array({1, -2, true, false, nullptr})}, {"a", "x"}})) ==
          R"({"b":[1,-2,true,false,null],"a":"x"})");
    CHECK(dumped(array({})) == "[]");
    CHECK(dumped(object({})) == "{}");
    CHECK(dumped(std::numeric_limits<std::int64_t>::min()) == "-9223372036854775808");
    CHECK(dumped(std::numeric_limits<std::uint64_t>::max()) == "18446744073709551615");
}

TEST_CASE("a float64 is written shortest and never reads as an integer again", "[json]") {
    CHECK(dumped(1.0) == "1.0");
    CHECK(dumped(-0.0) == "-0.0");
    CHECK(dumped(0.1) == "0.1");
    CHECK(dumped(1e300) == "1e+300");
    CHECK(dumped(123456789012345680.0) == "123456789012345680.0");
    for (const double number : {1.0, -0.0, 0.1, 1.0 / 3, 1e21, 1e22, 5e-324,
                                2.2250738585072014e-308, 1.7976931348623157e308,
                                9007199254740993.0}) {
        const Value value(number);
        CHECK(parsed(dumped(value)) == value);
    }
}

TEST_CASE("strings are escaped where RFC 8259 demands it and nowhere else", "[json]") {
    CHECK(dumped("\"\\\b\f\n\r\t\x01\x1f/\x7f\xc3\xa9") ==
          "\"\\\"\\\\\\b\\f\\n\\r\\t\\u0001\\u001f/\x7f\xc3\xa9\"");
    CHECK(dumped(object({{"a\"b", 1}})) == R"({"a\"b":1})");
    std::string all;
    for (int c = 0; c < 128; ++c) all.push_back(static_cast<char>(c));
    CHECK(parsed(dumped(all)) == Value(all));
}

TEST_CASE("what has no JSON form is refused with its place", "[json]") {
    const double nan = std::numeric_limits<double>::quiet_NaN();
    const double infinite = std::numeric_limits<double>::infinity();
    CHECK(dumped(nan) == "error: The value has no JSON form: $ is not a finite number.");
    CHECK(dumped(object({{"a", array({1, -infinite})}})) ==
          "error: The value has no JSON form: $.a[1] is not a finite number.");
    CHECK(dumped(object({{"d", Data{"x"}}})) ==
          "error: The value has no JSON form: $.d is data, not text.");
    CHECK(dumped(array({"\xff"})) == "error: The value has no JSON form: $[0] is not UTF-8.");
    CHECK(dumped(object({{"\xff", 1}})) ==
          "error: The value has no JSON form: $ has a name that is not UTF-8.");
}

TEST_CASE("a failed dump leaves the output as it was", "[json]") {
    std::string out = "before";
    CHECK_FALSE(array({1, Data{"x"}}).dump_to(out));
    CHECK(out == "before");
    CHECK(array({1}).dump_to(out));
    CHECK(out == "before[1]");
}

TEST_CASE("a value that is too deep for the stack is refused, not a crash", "[json]") {
    Value value;
    // Deeper than the writer goes; a value is destroyed level by level too, on the same stack.
    for (int i = 0; i < 1500; ++i) value = Value(Value::List{std::move(value)});
    const auto json = value.dump();
    REQUIRE_FALSE(json);
    CHECK(std::string(json.error().message()).find("too deep") != std::string::npos);
}

}  // namespace tidewire
