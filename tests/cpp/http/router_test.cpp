#include "http/router.hpp"

#include <catch2/catch.hpp>

using tidewire::ErrorCode;
using namespace tidewire::http;
using Kind = Router::Match::Kind;

namespace {

struct Found {
    Router::Match match;
    std::vector<Exchange::Param> params;
};

Found find(const Router& router, std::string_view method, std::string_view path) {
    Found found;
    found.match = router.find(method, path, found.params);
    return found;
}

}  // namespace

TEST_CASE("a literal segment wins over a parameter, a parameter over a rest") {
    Router router;
    REQUIRE(router.add("GET", "/users/me", 1));
    REQUIRE(router.add("GET", "/users/{id}", 2));
    REQUIRE(router.add("GET", "/users/{path...}", 3));
    REQUIRE(find(router, "GET", "/users/me").match.handler == 1);
    const auto by_id = find(router, "GET", "/users/7");
    REQUIRE(by_id.match.handler == 2);
    REQUIRE(by_id.params.at(0).name == "id");
    REQUIRE(by_id.params.at(0).value == "7");
    const auto rest = find(router, "GET", "/users/7/posts/1");
    REQUIRE(rest.match.handler == 3);
    REQUIRE(rest.params.at(0).value == "7/posts/1");
}

TEST_CASE("the search goes back when a literal leads nowhere") {
    Router router;
    REQUIRE(router.add("GET", "/a/b/c", 1));
    REQUIRE(router.add("GET", "/a/{x}/d", 2));
    const auto found = find(router, "GET", "/a/b/d");
    REQUIRE(found.match.handler == 2);
    REQUIRE(found.params.size() == 1);
    REQUIRE(found.params.at(0).value == "b");
}

TEST_CASE("parameters are decoded, and %2F stays inside its segment") {
    Router router;
    REQUIRE(router.add("GET", "/files/{name}", 1));
    REQUIRE(find(router, "GET", "/files/a%2Fb%20c").params.at(0).value == "a/b c");
    REQUIRE(find(router, "GET", "/files/a/b").match.kind == Kind::not_found);
    REQUIRE(find(router, "GET", "/files/").match.kind == Kind::not_found);
    REQUIRE(find(router, "GET", "/files/%zz").match.kind == Kind::not_found);
}

TEST_CASE("a known path with another method tells which are allowed") {
    Router router;
    REQUIRE(router.add("GET", "/a", 1));
    REQUIRE(router.add("POST", "/a", 2));
    const auto found = find(router, "DELETE", "/a");
    REQUIRE(found.match.kind == Kind::method_not_allowed);
    REQUIRE(found.match.allow == "GET, HEAD, POST");
    REQUIRE(find(router, "HEAD", "/a").match.handler == 1);
}

TEST_CASE("two routes may name the same segment differently") {
    Router router;
    REQUIRE(router.add("GET", "/x/{a}/one", 1));
    REQUIRE(router.add("GET", "/x/{b}/two", 2));
    REQUIRE(find(router, "GET", "/x/1/one").params.at(0).name == "a");
    REQUIRE(find(router, "GET", "/x/1/two").params.at(0).name == "b");
}

TEST_CASE("bad and taken patterns are refused with the reason") {
    Router router;
    REQUIRE(router.add("GET", "/ok/{a}", 1));
    for (const char* bad : {"", "a", "/a?b", "/a#b", "/{", "/{}", "/{a}{b}", "/x{a}", "/{a...}/b",
                            "/{a}/{a}", "/{a b}", "/ok/{other}", "/a b", "/%zz"}) {
        CAPTURE(bad);
        const auto added = router.add("GET", bad, 9);
        REQUIRE_FALSE(added);
        REQUIRE(added.error().code() == ErrorCode::invalid_argument);
    }
}

TEST_CASE("the root and a trailing slash are paths of their own") {
    Router router;
    REQUIRE(router.add("GET", "/", 1));
    REQUIRE(router.add("GET", "/a", 2));
    REQUIRE(router.add("GET", "/a/", 3));
    REQUIRE(find(router, "GET", "/").match.handler == 1);
    REQUIRE(find(router, "GET", "/a").match.handler == 2);
    REQUIRE(find(router, "GET", "/a/").match.handler == 3);
    REQUIRE(find(router, "GET", "*").match.kind == Kind::not_found);
}
