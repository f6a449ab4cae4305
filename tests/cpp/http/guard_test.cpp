#include "http/guard.hpp"

#include <catch2/catch.hpp>

#include <string>

#include "codec/http1/parser.hpp"

using namespace tidewire;
using http::Guard;
using http::GuardOptions;

namespace {

codec::http1::RequestHead head_of(std::string_view method, std::string_view target,
                                  std::string_view fields) {
    codec::http1::RequestParser parser{{}};
    std::string text = std::string(method) + " " + std::string(target) + " HTTP/1.1\r\n";
    text.append(fields).append("\r\n");
    parser.feed(text);
    REQUIRE(parser.next().value());
    return parser.head();
}

std::optional<Response> checked(const Guard& guard, const codec::http1::RequestHead& head) {
    std::string passed;
    return guard.check(head, passed);
}

// 0: the request goes on.
int status(const Guard& guard, std::string_view method, std::string_view target,
           std::string_view fields) {
    const auto refused = checked(guard, head_of(method, target, fields));
    return refused ? refused->status : 0;
}

int with_host(const Guard& guard, const std::string& host) {
    return status(guard, "GET", "/", "Host: " + host + "\r\n");
}

Cors cors_of(std::vector<std::string> origins) {
    Cors cors;
    cors.origins = std::move(origins);
    return cors;
}

}  // namespace

TEST_CASE("only the named hosts are served, whatever their letters") {
    const auto guard =
        Guard::make({.hosts = {"Example.com", "[::1]", "api.example.com:8443"}}).value();
    CHECK(with_host(guard, "example.com") == 0);
    CHECK(with_host(guard, "EXAMPLE.COM:80") == 0);
    CHECK(with_host(guard, "[::1]") == 0);
    CHECK(with_host(guard, "[::1]:8080") == 0);
    CHECK(with_host(guard, "api.example.com:8443") == 0);
    CHECK(with_host(guard, "api.example.com") == 421);
    CHECK(with_host(guard, "api.example.com:443") == 421);
    CHECK(with_host(guard, "evil.example") == 421);
    CHECK(with_host(guard, "example.com.evil.example") == 421);
    CHECK(with_host(guard, "example.com:80x") == 421);
    CHECK(with_host(guard, "[::1") == 421);
    CHECK(with_host(guard, "") == 0);  // a client that names nothing is no page
    CHECK(with_host(Guard(), "evil.example") == 0);
}

TEST_CASE("the authority of an absolute target wins over Host") {
    const auto guard = Guard::make({.hosts = {"a.example"}}).value();
    CHECK(status(guard, "GET", "http://a.example/x", "Host: b.example\r\n") == 0);
    CHECK(status(guard, "GET", "http://b.example/x", "Host: a.example\r\n") == 421);
    CHECK(status(guard, "GET", "http://a.example@b.example/", "Host: a.example\r\n") == 421);
}

TEST_CASE("a page of another host or port changes nothing") {
    const Guard guard;
    const auto post = [&](std::string_view fields) { return status(guard, "POST", "/", fields); };
    CHECK(post("Host: a.example\r\n") == 0);
    CHECK(post("Host: a.example\r\nOrigin: http://a.example\r\n") == 0);
    CHECK(post("Host: a.example\r\nOrigin: https://A.example\r\n") == 0);  // a proxy ended TLS
    CHECK(post("Host: a.example:80\r\nOrigin: http://a.example\r\n") == 0);
    CHECK(post("Host: a.example:8080\r\nOrigin: http://a.example:8080\r\n") == 0);
    CHECK(post("Host: a.example:8080\r\nOrigin: http://a.example\r\n") == 403);
    CHECK(post("Host: a.example\r\nOrigin: http://b.example\r\n") == 403);
    CHECK(post("Host: a.example\r\nOrigin: null\r\n") == 403);
    CHECK(post("Host: a.example\r\nOrigin: \r\n") == 403);
    CHECK(post("Host: a.example\r\nOrigin: ftp://a.example\r\n") == 403);
    CHECK(post("Host: a.example\r\nOrigin: http://a.example\r\nOrigin: http://b.example\r\n") ==
          403);
    for (const char* method : {"PUT", "PATCH", "DELETE", "PURGE"}) {
        CHECK(status(guard, method, "/", "Host: a\r\nOrigin: null\r\n") == 403);
    }
    for (const char* method : {"GET", "HEAD", "OPTIONS"}) {
        CHECK(status(guard, method, "/", "Host: a\r\nOrigin: null\r\n") == 0);
    }
}

TEST_CASE("the host of one request of a connection vouches for no other host") {
    const auto guard = Guard::make({.hosts = {"a.example"}}).value();
    std::string passed;
    const auto status_of = [&](const std::string& host) {
        const auto refused = guard.check(head_of("GET", "/", "Host: " + host + "\r\n"), passed);
        return refused ? refused->status : 0;
    };
    CHECK(status_of("b.example") == 421);
    CHECK(passed.empty());
    CHECK(status_of("a.example") == 0);
    CHECK(status_of("a.example") == 0);
    CHECK(status_of("a.example.b") == 421);
    CHECK(status_of("a.exampl") == 421);
    CHECK(status_of("A.example:80") == 0);
    CHECK(status_of("b.example") == 421);
    CHECK(status_of("a.example") == 0);
}

TEST_CASE("an allowed origin is told so, with what its page may read") {
    auto cors = cors_of({"https://App.example:443"});
    cors.credentials = true;
    cors.expose = {"X-Total"};
    const auto guard = Guard::make({.cors = cors}).value();
    const auto head =
        head_of("POST", "/", "Host: a.example\r\nOrigin: https://app.example\r\n");
    CHECK_FALSE(checked(guard, head));
    Response response = Response::text("x");
    response.headers.add("Vary", "Accept").value();
    response.headers.add("Tidewire-Poll-After-Ms", "5").value();
    guard.add_fields(head, response);
    CHECK(response.headers.get("vary") == "Accept, Origin");
    CHECK(response.headers.get("access-control-allow-origin") == "https://app.example");
    CHECK(response.headers.get("access-control-allow-credentials") == "true");
    CHECK(response.headers.get("access-control-expose-headers") ==
          "ETag, Retry-After, Location, X-Total, Tidewire-Poll-After-Ms");

    const auto foreign = head_of("GET", "/", "Host: a.example\r\nOrigin: https://b.example\r\n");
    Response other = Response::text("x");
    guard.add_fields(foreign, other);
    CHECK(other.headers.get("vary") == "Origin");
    CHECK_FALSE(other.headers.get("access-control-allow-origin"));
    CHECK(status(guard, "POST", "/", "Host: a\r\nOrigin: https://b.example\r\n") == 403);
}

TEST_CASE("preflights are answered") {
    auto cors = cors_of({"https://app.example"});
    cors.headers = {"X-Mine"};
    const auto guard = Guard::make({.cors = cors}).value();
    const auto ask = [&](std::string_view origin, std::string_view method,
                         std::string_view fields) {
        std::string text = "Host: a\r\nOrigin: ";
        text.append(origin).append("\r\nAccess-Control-Request-Method: ").append(method);
        text.append("\r\nAccess-Control-Request-Headers: ").append(fields).append("\r\n");
        return checked(guard, head_of("OPTIONS", "/x", text)).value();
    };
    const auto ok = ask("https://app.example", "PUT", "content-type, x-mine,tidewire-timeout-ms");
    CHECK(ok.status == 204);
    CHECK(ok.headers.get("access-control-allow-methods") == "GET, HEAD, POST, PUT, PATCH, DELETE");
    CHECK(ok.headers.get("access-control-max-age") == "600");
    CHECK(ok.headers.get("access-control-allow-headers")->starts_with("X-Mine, authorization"));
    CHECK(ask("https://b.example", "PUT", "").status == 403);
    CHECK(ask("null", "PUT", "").status == 403);
    CHECK(ask("https://app.example", "PURGE", "").status == 403);
    CHECK(ask("https://app.example", "PUT", "x-other").status == 403);
    // An OPTIONS that asks for nothing is the application's.
    CHECK(status(guard, "OPTIONS", "/", "Host: a\r\nOrigin: https://app.example\r\n") == 0);
}

TEST_CASE("any origin is any, but never with credentials") {
    auto cors = cors_of({"*"});
    const auto guard = Guard::make({.cors = cors}).value();
    const auto head = head_of("POST", "/", "Host: a\r\nOrigin: null\r\n");
    CHECK_FALSE(checked(guard, head));
    Response response;
    guard.add_fields(head, response);
    CHECK(response.headers.get("access-control-allow-origin") == "*");
    CHECK_FALSE(response.headers.get("vary"));

    cors.credentials = true;
    CHECK(Guard::make({.cors = cors}).error().code() == ErrorCode::invalid_argument);
}

TEST_CASE("hosts and origins that are none are refused") {
    const auto code = [](const GuardOptions& options) {
        const auto made = Guard::make(options);
        return made ? ErrorCode::internal : made.error().code();
    };
    for (const char* host : {"", "http://a", "a/b", "a:x", "a:99999", "[::1"}) {
        CHECK(code({.hosts = {host}}) == ErrorCode::invalid_argument);
    }
    for (const char* origin : {"", "null", "a.example", "http://a/", "http://a/x", "http://u@a"}) {
        CHECK(code({.cors = cors_of({origin})}) == ErrorCode::invalid_argument);
    }
    CHECK(code({.cors = cors_of({})}) == ErrorCode::invalid_argument);
    auto cors = cors_of({"*"});
    cors.expose = {"a b"};
    CHECK(code({.cors = cors}) == ErrorCode::invalid_argument);
}
