#include <tidewire/headers.hpp>

#include <catch2/catch.hpp>

#include <string>
#include <string_view>

namespace tidewire {

TEST_CASE("fields keep their order and their case, and are found without it", "[headers]") {
    Headers headers{{"Content-Type", "text/plain"}, {"X-A", "1"}, {"x-a", "2"}};
    CHECK(headers.size() == 3);
    CHECK(headers[0] == Headers::Field{"Content-Type", "text/plain"});
    CHECK(headers[2] == Headers::Field{"x-a", "2"});
    CHECK(headers.get("CONTENT-TYPE") == "text/plain");
    CHECK(headers.get("x-A") == "1");
    CHECK(headers.count("X-a") == 2);
    CHECK_FALSE(headers.get("X"));
    CHECK_FALSE(headers.get(""));
}

TEST_CASE("a name that is no token never gets in", "[headers]") {
    Headers headers;
    for (const std::string_view name :
         {"", "a b", "a:", "a\r\nb", "a\n", "\xc3\xa9", "a/b", "(a)", "a\x01"}) {
        const auto added = headers.add(name, "x");
        REQUIRE_FALSE(added);
        CHECK(added.error().code() == ErrorCode::invalid_argument);
    }
    CHECK(headers.empty());
    CHECK(headers.add("!#$%&'*+-.^_`|~09azAZ", "x"));
}

TEST_CASE("a value with a line break or another control character never gets in", "[headers]") {
    Headers headers;
    for (const std::string_view value :
         {std::string_view("a\r\nEvil: 1"), std::string_view("a\n"), std::string_view("\r"),
          std::string_view("a\0b", 3), std::string_view("\x7f"), std::string_view("\x1b[0m")}) {
        CHECK_FALSE(headers.add("X", value));
        CHECK_FALSE(headers.set("X", value));
    }
    CHECK(headers.empty());
    CHECK(headers.add("X", "tab\tand \xc3\xa9"));
}

TEST_CASE("blanks around a value are no part of it", "[headers]") {
    Headers headers;
    REQUIRE(headers.add("X", " \t a b \t"));
    CHECK(headers.get("X") == "a b");
}

TEST_CASE("set replaces every field of the name, also by a view into the fields", "[headers]") {
    Headers headers{{"A", "1"}, {"B", "2"}, {"a", "3"}};
    REQUIRE(headers.set("A", *headers.get("b")));
    CHECK(headers == Headers{{"B", "2"}, {"A", "2"}});
    REQUIRE(headers.set(headers[0].name, headers[0].value));
    CHECK(headers == Headers{{"A", "2"}, {"B", "2"}});
}

TEST_CASE("a refused set changes nothing", "[headers]") {
    Headers headers{{"A", "1"}};
    CHECK_FALSE(headers.set("A", "\n"));
    CHECK(headers.get("A") == "1");
}

TEST_CASE("remove and clear take fields out", "[headers]") {
    Headers headers{{"A", "1"}, {"B", "2"}, {"a", "3"}, {"C", ""}};
    headers.remove("A");
    CHECK(headers == Headers{{"B", "2"}, {"C", ""}});
    headers.remove("nothing");
    CHECK(headers.size() == 2);
    headers.clear();
    CHECK(headers.empty());
    CHECK(headers == Headers{});
}

TEST_CASE("headers are equal when names without case and values are, in order", "[headers]") {
    CHECK(Headers{{"A", "x"}} == Headers{{"a", "x"}});
    CHECK_FALSE(Headers{{"A", "x"}} == Headers{{"A", "X"}});
    CHECK_FALSE(Headers{{"A", "1"}, {"B", "2"}} == Headers{{"B", "2"}, {"A", "1"}});
}

TEST_CASE("a literal that is not valid is left out", "[headers]") {
    CHECK(Headers{{"a b", "1"}, {"C", "\n"}, {"D", "3"}} == Headers{{"D", "3"}});
}

TEST_CASE("case is ignored for ASCII letters only", "[headers]") {
    CHECK(equals_ignoring_case("Content-LENGTH", "content-length"));
    CHECK_FALSE(equals_ignoring_case("a", "ab"));
    CHECK_FALSE(equals_ignoring_case("@", "`"));
    CHECK_FALSE(equals_ignoring_case("[", "{"));
    CHECK_FALSE(equals_ignoring_case("\xc3\x89", "\xc3\xa9"));
}

}  // namespace tidewire
