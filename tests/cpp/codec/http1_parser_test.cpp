// What the golden bytes cannot say: limits of a caller, memory, the state between messages.

#include "codec/http1/parser.hpp"

#include <catch2/catch.hpp>

#include <string>
#include <string_view>
#include <variant>

#include "support/http1_transcript.hpp"

namespace tidewire::codec::http1 {
namespace {

constexpr std::string_view kGet = "GET / HTTP/1.1\r\nHost: a\r\n\r\n";

template <class Parser>
bool says(Parser& parser, auto wanted) {
    auto event = parser.next();
    return event && *event && std::holds_alternative<decltype(wanted)>(**event);
}
template <class Parser>
bool wants_more(Parser& parser) {
    auto event = parser.next();
    return event && !*event;
}

std::string code_of(const test::Transcript& transcript) {
    return transcript.error ? std::string(transcript.error->name()) : "none";
}

}  // namespace

TEST_CASE("a request parser is idle only between messages", "[http1]") {
    RequestParser parser{ParserLimits{}};
    CHECK(parser.idle());
    parser.feed("G");
    CHECK(wants_more(parser));
    CHECK_FALSE(parser.idle());
    parser.feed(kGet.substr(1));
    CHECK(says(parser, HeadEvent{}));
    CHECK_FALSE(parser.idle());
    CHECK(says(parser, EndEvent{}));
    CHECK(parser.idle());
    CHECK(wants_more(parser));
}

TEST_CASE("the end of the input between requests is no error", "[http1]") {
    RequestParser parser{ParserLimits{}};
    parser.feed(kGet);
    parser.feed_eof();
    CHECK(says(parser, HeadEvent{}));
    CHECK(says(parser, EndEvent{}));
    CHECK(wants_more(parser));
}

TEST_CASE("the head may be swapped out and the parser goes on", "[http1]") {
    RequestParser parser{ParserLimits{}};
    const std::string two = std::string(kGet) + "PUT /two HTTP/1.1\r\nHost: b\r\n\r\n";
    parser.feed(two);
    REQUIRE(says(parser, HeadEvent{}));
    RequestHead mine;
    std::swap(mine, parser.head());
    REQUIRE(says(parser, EndEvent{}));
    REQUIRE(says(parser, HeadEvent{}));
    CHECK(mine.method == "GET");
    CHECK(mine.headers.get("host") == "a");
    CHECK(parser.head().target == "/two");
    CHECK(parser.head().headers.get("host") == "b");
}

TEST_CASE("unread gives what follows an upgrade, also across a cut", "[http1]") {
    const std::string_view upgrade =
        "GET / HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n";
    RequestParser parser{ParserLimits{}};
    const std::string bytes = std::string(upgrade) + "\x81\x01x";
    parser.feed(bytes);
    REQUIRE(says(parser, HeadEvent{}));
    CHECK(parser.head().framing.upgrade);
    REQUIRE(says(parser, EndEvent{}));
    CHECK(parser.unread() == "\x81\x01x");

    ResponseParser client{ParserLimits{}};
    client.feed("HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: x\r\n\r\nab");
    REQUIRE(says(client, HeadEvent{}));
    REQUIRE(says(client, EndEvent{}));
    REQUIRE(wants_more(client));
    client.feed("cd");
    REQUIRE(wants_more(client));
    CHECK(client.unread() == "abcd");
}

TEST_CASE("expect changes the framing of one answer only", "[http1]") {
    ResponseParser parser{ParserLimits{}};
    parser.expect(true);
    parser.feed("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nHTTP/1.1 200 OK\r\n"
                "Content-Length: 2\r\n\r\nhi");
    CHECK(says(parser, HeadEvent{}));
    CHECK(says(parser, EndEvent{}));
    CHECK(says(parser, HeadEvent{}));
    CHECK(says(parser, ChunkEvent{}));
    CHECK(says(parser, EndEvent{}));
}

TEST_CASE("a body limit is kept by declared, chunked and endless bodies alike", "[http1]") {
    ParserLimits limits;
    limits.body_bytes_max = 4;
    const std::string post = "POST / HTTP/1.1\r\nHost: a\r\n";
    const std::string chunked = post + "Transfer-Encoding: chunked\r\n\r\n";
    CHECK(code_of(test::check_request(post + "Content-Length: 4\r\n\r\nabcd", limits)) == "none");
    CHECK(code_of(test::check_request(post + "Content-Length: 5\r\n\r\nabcde", limits)) ==
          "payload_too_large");
    CHECK(code_of(test::check_request(chunked + "2\r\nab\r\n2\r\ncd\r\n0\r\n\r\n", limits)) ==
          "none");
    CHECK(code_of(test::check_request(chunked + "2\r\nab\r\n3\r\ncde\r\n0\r\n\r\n", limits)) ==
          "payload_too_large");
    const std::string answer = "HTTP/1.1 200 OK\r\n\r\n";
    CHECK(code_of(test::check_response(answer + "abcd", limits)) == "none");
    const test::Transcript over = test::check_response(answer + "abcde", limits);
    CHECK(code_of(over) == "payload_too_large");
    CHECK(over.events.back().text == "abcd");
}

TEST_CASE("a limit is met exactly", "[http1]") {
    ParserLimits limits;
    limits.request_line_bytes_max = 14;  // "GET / HTTP/1.1"
    limits.header_bytes_max = kGet.size();
    limits.header_fields_max = 1;
    CHECK(code_of(test::check_request(kGet, limits)) == "none");
    limits.request_line_bytes_max = 13;
    CHECK(code_of(test::check_request(kGet, limits)) == "uri_too_long");
    limits.request_line_bytes_max = 14;
    limits.header_bytes_max = kGet.size() - 1;
    CHECK(code_of(test::check_request(kGet, limits)) == "header_too_large");
    limits.header_bytes_max = kGet.size();
    limits.header_fields_max = 0;
    CHECK(code_of(test::check_request(kGet, limits)) == "header_too_large");
}

TEST_CASE("the error of an endless head comes at its limit, not at its end", "[http1]") {
    RequestParser parser{ParserLimits{}};
    const std::string piece(1000, 'x');
    std::size_t fed = 0;
    bool failed = false;
    parser.feed("GET / HTTP/1.1\r\nX: ");
    REQUIRE(wants_more(parser));
    while (!failed && fed < 100'000) {
        parser.feed(piece);
        fed += piece.size();
        failed = !parser.next().has_value();
    }
    CHECK(fed < 34'000);
}

TEST_CASE("a thousand requests in one piece keep their order", "[http1]") {
    std::string bytes;
    for (int i = 0; i < 1000; ++i) {
        bytes += "GET /" + std::to_string(i) + " HTTP/1.1\r\nHost: a\r\n\r\n";
    }
    RequestParser parser{ParserLimits{}};
    parser.feed(bytes);
    for (int i = 0; i < 1000; ++i) {
        REQUIRE(says(parser, HeadEvent{}));
        REQUIRE(parser.head().target == "/" + std::to_string(i));
        REQUIRE(says(parser, EndEvent{}));
    }
    CHECK(wants_more(parser));
}

TEST_CASE("an error names what is wrong", "[http1]") {
    const auto message = [](std::string_view bytes) {
        return std::string(test::check_request(bytes).error->message());
    };
    CHECK(message("GET / HTTP/1.1\r\n\r\n") == "Host is missing.");
    CHECK(message("GET / HTTP/1.1\r\nHost: a\r\nX: 1\r\n 2\r\n\r\n") ==
          "A header field is folded.");
    CHECK(message("GET / HTTP/1.1\nHost: a\r\n\r\n") == "A line ends without a carriage return.");
    CHECK(message("G@T / HTTP/1.1\r\n") == "The head is malformed: bad method.");
}

}  // namespace tidewire::codec::http1

TEST_CASE("close wins over keep-alive, wherever it stands, and Proxy-Connection says nothing") {
    const auto keeps = [](std::string_view version, std::string_view fields) {
        tidewire::codec::http1::RequestParser parser({});
        const std::string text = "GET / HTTP/" + std::string(version) + "\r\nHost: a\r\n" +
                                 std::string(fields) + "\r\n";
        parser.feed(text);
        REQUIRE(parser.next().value().has_value());
        return parser.head().framing.keep_alive;
    };
    REQUIRE(keeps("1.1", ""));
    REQUIRE_FALSE(keeps("1.0", ""));
    REQUIRE(keeps("1.0", "Connection: Keep-Alive\r\n"));
    REQUIRE_FALSE(keeps("1.0", "Connection: keep-alive, close\r\n"));
    REQUIRE_FALSE(keeps("1.1", "Connection: x , CLOSE\r\n"));
    REQUIRE_FALSE(keeps("1.1", "Connection: close\r\nConnection: keep-alive\r\n"));
    REQUIRE(keeps("1.1", "Proxy-Connection: close\r\n"));
    REQUIRE_FALSE(keeps("1.0", "Proxy-Connection: keep-alive\r\n"));
}
