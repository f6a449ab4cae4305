#include "codec/http1/writer.hpp"

#include <catch2/catch.hpp>

#include <string>
#include <string_view>

#include "support/http1_transcript.hpp"

namespace tidewire::codec::http1 {
namespace {

std::string response(const ResponseLine& line, const Headers& headers, std::size_t body_bytes) {
    std::string out;
    write_response_head(out, line, headers, body_bytes);
    return out;
}

std::string request(const RequestLine& line, const Headers& headers, std::size_t body_bytes) {
    std::string out;
    write_request_head(out, line, headers, body_bytes);
    return out;
}

}  // namespace

TEST_CASE("a response head has its line, its fields and the framing", "[http1]") {
    ResponseLine line;
    line.content_type = "application/json";
    line.date = "Sun, 06 Nov 1994 08:49:37 GMT";
    CHECK(response(line, {{"X", "y"}, {"X", "z"}}, 12) ==
          "HTTP/1.1 200 OK\r\nDate: Sun, 06 Nov 1994 08:49:37 GMT\r\n"
          "Content-Type: application/json\r\nX: y\r\nX: z\r\nContent-Length: 12\r\n\r\n");
}

TEST_CASE("a response head is appended to what is there", "[http1]") {
    std::string out = "before ";
    write_response_head(out, {}, {}, 0);
    CHECK(out == "before HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n");
}

TEST_CASE("a response says close when it is the last one, and keep-alive to HTTP/1.0", "[http1]") {
    ResponseLine line{.status = 404, .keep_alive = false};
    CHECK(response(line, {}, 0) ==
          "HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\nConnection: close\r\n\r\n");
    line = {.version_minor = 0};
    CHECK(response(line, {}, 0) ==
          "HTTP/1.1 200 OK\r\nContent-Length: 0\r\nConnection: keep-alive\r\n\r\n");
}

TEST_CASE("statuses without a body have no Content-Length", "[http1]") {
    for (const int status : {100, 101, 204, 304}) {
        CHECK(response({.status = status}, {}, 0).find("Content-Length") == std::string::npos);
    }
    CHECK(response({.status = 599}, {}, 0) == "HTTP/1.1 599 Unknown\r\nContent-Length: 0\r\n\r\n");
}

TEST_CASE("a request head has Host first and the deadline", "[http1]") {
    const RequestLine line{.method = "POST",
                           .target = "/methods/add",
                           .host = "localhost:8080",
                           .content_type = "application/json",
                           .timeout_ms = 250};
    CHECK(request(line, {{"X", "y"}}, 13) ==
          "POST /methods/add HTTP/1.1\r\nHost: localhost:8080\r\nContent-Type: application/json\r\n"
          "Tidewire-Timeout-Ms: 250\r\nX: y\r\nContent-Length: 13\r\n\r\n");
}

TEST_CASE("a request without a body has a length only where the method defines one", "[http1]") {
    for (const std::string_view method : {"GET", "HEAD", "DELETE", "OPTIONS"}) {
        const RequestLine line{.method = method, .target = "/", .host = "a"};
        CHECK(request(line, {}, 0) == std::string(method) + " / HTTP/1.1\r\nHost: a\r\n\r\n");
        CHECK(request(line, {}, 1).find("Content-Length: 1\r\n") != std::string::npos);
    }
    const RequestLine line{.method = "PUT", .target = "/", .host = "a"};
    CHECK(request(line, {}, 0) == "PUT / HTTP/1.1\r\nHost: a\r\nContent-Length: 0\r\n\r\n");
}

TEST_CASE("what the writers write the parsers read", "[http1]") {
    ResponseLine line;
    line.content_type = "text/plain";
    CHECK(test::check_response(response(line, {{"X", "y"}}, 2) + "hi").text() ==
          "head 200 OK 1.1 [keep-alive length=2] | Content-Type: text/plain | X: y | "
          "Content-Length: 2\nhi\nend\n");
    const RequestLine asked{.method = "GET", .target = "/x?y", .host = "[::1]"};
    CHECK(test::check_request(request(asked, {}, 0)).text() ==
          "head GET /x?y 1.1 [keep-alive] | Host: [::1]\nend\n");
}

TEST_CASE("the connection's own fields are known in any case", "[http1]") {
    for (const std::string_view name :
         {"Connection", "content-length", "DATE", "Host", "Keep-Alive", "Transfer-Encoding",
          "Upgrade", "TE", "Trailer", "Proxy-Connection"}) {
        CHECK(framing_field(name));
    }
    CHECK_FALSE(framing_field("Content-Type"));
    CHECK_FALSE(framing_field("Connection-X"));
    CHECK_FALSE(framing_field(""));
}

TEST_CASE("every status of the error table has a reason of its own", "[http1]") {
    for (const ErrorRow& row : kErrorTable) {
        if (row.http_status != 0) CHECK(reason_phrase(row.http_status) != "Unknown");
    }
    CHECK(reason_phrase(200) == "OK");
    CHECK(reason_phrase(299) == "Unknown");
    CHECK(reason_phrase(-1) == "Unknown");
}

TEST_CASE("a date is an IMF-fixdate", "[http1]") {
    CHECK(http_date(784111777) == "Sun, 06 Nov 1994 08:49:37 GMT");
    CHECK(http_date(0) == "Thu, 01 Jan 1970 00:00:00 GMT");
    CHECK(http_date(951782400) == "Tue, 29 Feb 2000 00:00:00 GMT");
    CHECK(http_date(4107542399) == "Sun, 28 Feb 2100 23:59:59 GMT");
    CHECK(http_date(4107542400) == "Mon, 01 Mar 2100 00:00:00 GMT");
}

TEST_CASE("a body of unknown size is chunked, or ends with the connection") {
    std::string out;
    write_response_head(out, {.status = 200}, {}, kChunked);
    CHECK(out == "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n");
    out.clear();
    write_response_head(out, {.status = 200, .keep_alive = false, .version_minor = 0}, {},
                        kUntilClose);
    CHECK(out == "HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n");
    out.clear();
    write_response_head(out, {.status = 304}, {}, kChunked);
    CHECK(out == "HTTP/1.1 304 Not Modified\r\n\r\n");
    out.clear();
    write_request_head(out, {.method = "POST", .target = "/", .host = "h"}, {}, kChunked);
    CHECK(out == "POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n");
}

TEST_CASE("chunks bear their size in hexadecimal, and an empty one is never written") {
    std::string out;
    write_chunk(out, std::string(255, 'x'));
    write_chunk(out, "");
    write_chunk(out, "a");
    write_last_chunk(out);
    CHECK(out == "ff\r\n" + std::string(255, 'x') + "\r\n1\r\na\r\n0\r\n\r\n");
}

}  // namespace tidewire::codec::http1
