#include <tidewire/etag.hpp>

#include <catch2/catch.hpp>

#include <tidewire/tidewire.hpp>

using namespace tidewire;

TEST_CASE("a tag is of its content, and the same everywhere", "[etag]") {
    CHECK(make_etag("hello") == "\"4d71d03ff19b5d9e85239628ba18063c\"");
    CHECK(make_etag("hello") != make_etag("hello "));
    CHECK(make_etag("").size() == 34);
}

// The table of RFC 9110 8.8.3.2.
TEST_CASE("tags are compared strongly for If-Match and weakly for If-None-Match", "[etag]") {
    struct Row {
        const char* a;
        const char* b;
        bool strong;
        bool weak;
    };
    for (const Row& row : {Row{"W/\"1\"", "W/\"1\"", false, true},
                           Row{"W/\"1\"", "W/\"2\"", false, false},
                           Row{"W/\"1\"", "\"1\"", false, true},
                           Row{"\"1\"", "\"1\"", true, true}}) {
        INFO(row.a << " " << row.b);
        CHECK(if_match(row.a, row.b) == row.strong);
        CHECK(if_match(row.b, row.a) == row.strong);
        CHECK(if_none_match(row.a, row.b) == row.weak);
        CHECK(if_none_match(row.b, row.a) == row.weak);
    }
}

TEST_CASE("a list of tags may have commas inside of them, blanks and empty elements", "[etag]") {
    CHECK(if_none_match("\"a,b\" , ,W/\"c\",\"d\"", "\"a,b\""));
    CHECK(if_none_match("\"a,b\" , ,W/\"c\",\"d\"", "\"d\""));
    CHECK_FALSE(if_none_match("\"a,b\"", "\"a\""));
    CHECK(if_none_match(" * ", "\"x\""));
    CHECK(if_match("*", "\"x\""));
}

TEST_CASE("what is no list of tags matches nothing", "[etag]") {
    for (const char* field : {"", "abc", "\"abc", "w/\"abc\"", "abc\"", "* , \"abc\"", "W/abc",
                              "\"a b\"", "\"a\x7f\""}) {
        INFO(field);
        CHECK_FALSE(if_none_match(field, "\"abc\""));
        CHECK_FALSE(if_match(field, "\"abc\""));
    }
}
