#include "base/utf8.hpp"

#include <catch2/catch.hpp>

using tidewire::base::is_utf8;

TEST_CASE("UTF-8 takes the first and last code point of each length") {
    REQUIRE(is_utf8(""));
    REQUIRE(is_utf8("\x01\x7f"));
    REQUIRE(is_utf8("\xc2\x80\xdf\xbf"));
    REQUIRE(is_utf8("\xe0\xa0\x80\xed\x9f\xbf\xee\x80\x80\xef\xbf\xbf"));
    REQUIRE(is_utf8("\xf0\x90\x80\x80\xf4\x8f\xbf\xbf"));
}

TEST_CASE("UTF-8 refuses overlong forms, surrogates, too large values and cut sequences") {
    for (const char* bad : {"\x80", "\xc0\x80", "\xc1\xbf", "\xe0\x9f\xbf", "\xed\xa0\x80",
                            "\xf0\x8f\xbf\xbf", "\xf4\x90\x80\x80", "\xf5\x80\x80\x80", "\xff",
                            "\xc2", "\xe1\x80", "\xf1\x80\x80", "\xc2\x41", "\xe1\x80\x41"}) {
        CAPTURE(bad);
        REQUIRE_FALSE(is_utf8(bad));
    }
}
