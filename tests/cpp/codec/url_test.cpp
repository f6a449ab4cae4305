#include "codec/url.hpp"

#include <catch2/catch.hpp>

#include <array>
#include <string>
#include <string_view>

namespace tidewire::codec {

TEST_CASE("a URL gives its scheme, host, port and prefix", "[url]") {
    struct Row {
        std::string_view text, scheme, host, path, authority;
        std::uint16_t port;
    };
    constexpr std::array kRows{
        Row{"http://localhost", "http", "localhost", "", "localhost", 80},
        Row{"http://localhost/", "http", "localhost", "", "localhost", 80},
        Row{"HTTPS://Example.com:443", "https", "Example.com", "", "Example.com", 443},
        Row{"http://10.0.0.1:8080/api/v1/", "http", "10.0.0.1", "/api/v1", "10.0.0.1:8080", 8080},
        Row{"http://[::1]:65535/a%20b", "http", "::1", "/a%20b", "[::1]:65535", 65535},
        Row{"http://[2001:db8::1]", "http", "2001:db8::1", "", "[2001:db8::1]", 80},
    };
    for (const Row& row : kRows) {
        INFO(row.text);
        const auto url = parse_url(row.text);
        REQUIRE(url);
        CHECK(url->scheme == row.scheme);
        CHECK(url->host == row.host);
        CHECK(url->port == row.port);
        CHECK(url->path == row.path);
        CHECK(url->authority() == row.authority);
    }
}

TEST_CASE("a URL that a server cannot have is refused", "[url]") {
    constexpr std::array<std::string_view, 20> kTexts{
        "", "localhost:8080", "http:/a", "://a", "http://", "http:///x", "http://:80",
        "http://a:0", "http://a:65536", "http://a:", "http://a:8x", "http://user@a",
        "http://u:p@a", "http://a?x=1", "http://a/#b", "http://a b/", "http://a/b c",
        "http://[::1", "http://[::1]x", "tcp://a"};
    for (const std::string_view text : kTexts) {
        INFO(text);
        const auto url = parse_url(text);
        REQUIRE_FALSE(url);
        CHECK(url.error().code() == ErrorCode::invalid_argument);
    }
}

TEST_CASE("the error of a URL does not repeat a password", "[url]") {
    const auto url = parse_url("http://anna:secret@example.com");
    REQUIRE_FALSE(url);
    CHECK(std::string(url.error().message()).find("secret") == std::string::npos);
}

TEST_CASE("an address is host and port", "[url]") {
    CHECK(parse_host_port("127.0.0.1:8080")->port == 8080);
    CHECK(parse_host_port("localhost:0")->host == "localhost");
    CHECK(parse_host_port("[::1]:8080")->host == "::1");
    for (const std::string_view text : {"", "a", ":80", "a:", "a:b", "a:65536", "a:-1", "a: 1",
                                        "::1:80", "[::1]", "a/b:1", "a:1 "}) {
        INFO(text);
        CHECK_FALSE(parse_host_port(text));
    }
}

TEST_CASE("percent-encoding keeps unreserved characters and comes back", "[url]") {
    CHECK(percent_encode("aZ0-._~") == "aZ0-._~");
    CHECK(percent_encode("a b/\xc3\xa9+") == "a%20b%2F%C3%A9%2B");
    std::string all;
    for (int c = 1; c < 256; ++c) all.push_back(static_cast<char>(c));
    CHECK(percent_decode(percent_encode(all)) == all);
}

TEST_CASE("percent-decoding refuses a broken escape and a NUL", "[url]") {
    for (const std::string_view text : {"%", "a%4", "%4g", "%g4", "%%41", "%00"}) {
        INFO(text);
        CHECK_FALSE(percent_decode(text));
    }
    CHECK_FALSE(percent_decode(std::string_view("a\0b", 3)));
    CHECK(percent_decode("%2f%2F") == "//");
    CHECK(percent_decode("a+b") == "a+b");
    CHECK(percent_decode("a+b%2B", true) == "a b+");
}

TEST_CASE("a target is split at its first question mark", "[url]") {
    CHECK(split_target("/a/b?x=1?y").path == "/a/b");
    CHECK(split_target("/a/b?x=1?y").query == "x=1?y");
    CHECK(split_target("/a").query.empty());
    CHECK(split_target("?").path.empty());
}

TEST_CASE("a target in absolute form gives its authority, path and query", "[url]") {
    CHECK(target_authority("http://a:80/b?x=1") == "a:80");
    CHECK(split_target("http://a:80/b?x=1").path == "/b");
    CHECK(split_target("http://a:80/b?x=1").query == "x=1");
    CHECK(target_authority("HTTPS://a") == "a");
    CHECK(split_target("http://a").path == "/");
    CHECK(split_target("http://a?x=1").path == "/");
    CHECK(split_target("http://a?x=1").query == "x=1");
    for (const char* other : {"/http://a", "*", "a:80", "/x?u=http://a", "", "://a"}) {
        CHECK(target_authority(other).empty());
    }
    CHECK(split_target("*").path == "*");
}

TEST_CASE("a query gives the first value of a name, decoded", "[url]") {
    CHECK(query_value("a=1&b=2&a=3", "a") == "1");
    CHECK(query_value("a=1&b=x%20y+z", "b") == "x y z");
    CHECK(query_value("%61=1", "a") == "1");
    CHECK(query_value("a&b=", "a") == "");
    CHECK(query_value("a&b=", "b") == "");
    CHECK(query_value("a=b=c", "a") == "b=c");
    CHECK_FALSE(query_value("ab=1&&=2", "a"));
    CHECK_FALSE(query_value("", "a"));
    CHECK_FALSE(query_value("a=%zz", "a"));
}

}  // namespace tidewire::codec
