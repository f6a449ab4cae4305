// Conditions, codings and pure methods, as a Service gives them.

#include <catch2/catch.hpp>

#include <tidewire/etag.hpp>
#include <tidewire/value.hpp>

#include "codec/deflate.hpp"
#include "patterns/request_response/server.hpp"
#include "support/recording_exchange.hpp"
#include "support/sim_runtime.hpp"

using namespace tidewire;
using codec::ContentCoding;
using codec::http1::WebField;
using patterns::request_response::Service;
using testing::RecordingExchange;
using testing::SimLoop;

namespace {

struct WebFieldName {
    const char* name;
    WebField field;
};

const std::string kLong(5'000, 'x');
const std::string kTagged = "\"v1\"";

Compression everything() { return {.bytes_min = 100}; }

class FormWorld {
public:
    explicit FormWorld(const std::optional<Compression>& compression = {}) {
        service->set_representation(http::Representation::make(compression).value());
        route("/long", [](const Request&) { return Response::text(kLong); });
        route("/short", [](const Request&) { return Response::text("short"); });
        route("/tagged", [](const Request&) {
            auto response = Response::text(kLong);
            response.headers.add_unchecked("ETag", kTagged);
            response.headers.add_unchecked("Cache-Control", "no-cache");
            response.headers.add_unchecked("Content-Language", "en");
            return response;
        });
        REQUIRE(service->add_route(
            "POST", "/echo", [](const Request& r) { return Response::text(std::string(r.body())); },
            nullptr));
        REQUIRE(service->add_method(
            "double",
            [this](const Value& args, const Request&) -> Result<Value> {
                ++called;
                if (args.is_null()) return Error(ErrorCode::invalid_argument, "no arguments");
                return Value(args["n"].as<int>().value_or(0) * 2);
            },
            {.pure = true}));
        REQUIRE(service->add_method(
            "plain", [](const Value&, const Request&) { return Result<Value>(Value(1)); }));
    }

    void route(std::string_view pattern, Handler handler) {
        REQUIRE(service->add_route("GET", pattern, std::move(handler), nullptr));
    }

    Response ask(std::string_view method, std::string_view target, const Headers& headers = {},
                 std::string_view body = {}) {
        auto exchange = base::make_ref<RecordingExchange>(loop, method, target, body);
        exchange->head.headers = headers;
        // What the parser notes.
        for (const auto& row : {WebFieldName{"accept-encoding", WebField::accept_encoding},
                                WebFieldName{"content-encoding", WebField::content_encoding},
                                WebFieldName{"if-none-match", WebField::if_none_match}}) {
            if (!headers.get(row.name)) continue;
            exchange->head.framing.web_fields |= static_cast<std::uint8_t>(row.field);
        }
        service->on_exchange(*exchange);
        loop.run();
        return exchange->answer.value();
    }

    SimLoop loop;
    std::shared_ptr<Service> service = std::make_shared<Service>(
        Limits{.body_bytes_max = 100'000}, false);
    int called = 0;
};

std::string code_of_problem(const Response& response) {
    return (*response.json())["code"].as<std::string>().value_or("none");
}

}  // namespace

TEST_CASE("who has the version that a route serves gets 304 and nothing of its body", "[forms]") {
    FormWorld world;
    for (const char* method : {"GET", "HEAD"}) {
        const auto answer = world.ask(method, "/tagged", {{"If-None-Match", "\"v0\", W/\"v1\""}});
        CHECK(answer.status == 304);
        CHECK(answer.body.empty());
        CHECK(answer.content_type.empty());
        CHECK(answer.headers == Headers{{"ETag", kTagged}, {"Cache-Control", "no-cache"}});
    }
    CHECK(world.ask("GET", "/tagged", {{"If-None-Match", "\"v0\""}}).body == kLong);
    CHECK(world.ask("GET", "/tagged", {{"If-None-Match", "\"v0\""}, {"If-None-Match", "\"v1\""}})
              .status == 304);
    CHECK(world.ask("GET", "/short", {{"If-None-Match", "*"}}).status == 304);
    CHECK(world.ask("GET", "/short", {{"If-None-Match", "\"v1\""}}).status == 200);
}

TEST_CASE("only a 200 to GET or HEAD can be not modified", "[forms]") {
    FormWorld world;
    CHECK(world.ask("POST", "/echo", {{"If-None-Match", "*"}}, "x").status == 200);
    CHECK(world.ask("GET", "/none", {{"If-None-Match", "*"}}).status == 404);
}

TEST_CASE("a pure method may be read, and what it gave is known again by its tag", "[forms]") {
    FormWorld world;
    const auto first = world.ask("GET", "/methods/double?args=%7B%22n%22%3A21%7D");
    CHECK(first.body == "42");
    CHECK(first.content_type == "application/json");
    REQUIRE(first.headers.get("etag") == make_etag("42"));
    const Headers known{{"If-None-Match", make_etag("42")}};
    const auto again = world.ask("GET", "/methods/double?args=%7B%22n%22%3A21%7D", known);
    CHECK(again.status == 304);
    CHECK(again.headers.get("etag") == make_etag("42"));
    CHECK(world.ask("GET", "/methods/double?args=%7B%22n%22%3A2%7D", known).body == "4");
    CHECK(world.ask("HEAD", "/methods/double?args=%7B%22n%22%3A2%7D").status == 200);
    // By POST it is a method like others.
    const auto posted =
        world.ask("POST", "/methods/double", {{"Content-Type", "application/json"}}, "{\"n\":3}");
    CHECK(posted.body == "6");
    CHECK_FALSE(posted.headers.get("etag"));
}

TEST_CASE("what a pure method refuses has no tag", "[forms]") {
    FormWorld world;
    const auto none = world.ask("GET", "/methods/double");
    CHECK(code_of_problem(none) == "invalid_argument");
    CHECK_FALSE(none.headers.get("etag"));
    CHECK(code_of_problem(world.ask("GET", "/methods/double?args=%7B")) == "invalid_argument");
    CHECK(world.ask("GET", "/methods/double?args=1", {}, "{\"n\":3}").status == 400);
    CHECK(world.ask("GET", "/methods/double?args=%7").status == 400);
    CHECK(world.ask("GET", "/methods/double?x=1&args=%zz").status == 400);
    CHECK(world.called == 1);
}

TEST_CASE("other methods are not read, and what may be asked is told", "[forms]") {
    FormWorld world;
    const auto plain = world.ask("GET", "/methods/plain?args=1");
    CHECK(plain.status == 405);
    CHECK(plain.headers.get("allow") == "POST");
    CHECK(world.ask("PUT", "/methods/double").headers.get("allow") == "GET, HEAD, POST");
}

TEST_CASE("an answer leaves compressed for who asks", "[forms]") {
    FormWorld world(everything());
    const auto gzip = world.ask("GET", "/long", {{"Accept-Encoding", "gzip, deflate"}});
    CHECK(gzip.headers.get("content-encoding") == "gzip");
    CHECK(gzip.headers.get("vary") == "Accept-Encoding");
    CHECK(codec::inflate(ContentCoding::gzip, gzip.body, {}).value() == kLong);
    const auto deflate = world.ask("GET", "/long", {{"Accept-Encoding", "deflate"}});
    CHECK(deflate.headers.get("content-encoding") == "deflate");
    CHECK(codec::inflate(ContentCoding::deflate, deflate.body, {}).value() == kLong);
    // What depends on the field says so, in either form.
    const auto plain = world.ask("GET", "/long");
    CHECK(plain.body == kLong);
    CHECK(plain.headers.get("vary") == "Accept-Encoding");
    CHECK_FALSE(plain.headers.get("content-encoding"));
}

TEST_CASE("what would gain nothing, or must not be touched, leaves as it is", "[forms]") {
    FormWorld world(everything());
    world.route("/coded", [](const Request&) {
        auto response = Response::text(kLong);
        response.headers.add_unchecked("Content-Encoding", "br");
        return response;
    });
    world.route("/fixed", [](const Request&) {
        auto response = Response::text(kLong);
        response.headers.add_unchecked("Cache-Control", "public, no-transform");
        return response;
    });
    world.route("/picture", [](const Request&) { return Response::bytes(kLong, "image/png"); });
    world.route("/huge", [](const Request&) { return Response::text(std::string(2 << 20, 'x')); });
    const Headers accepts{{"Accept-Encoding", "gzip"}};
    for (const char* path : {"/short", "/coded", "/fixed", "/picture", "/huge"}) {
        INFO(path);
        const auto answer = world.ask("GET", path, accepts);
        CHECK(answer.headers.get("content-encoding").value_or("br") == "br");
        CHECK_FALSE(answer.headers.get("vary"));
    }
}

TEST_CASE("a compressed answer has a weak tag, which is known again", "[forms]") {
    FormWorld world(everything());
    const auto answer = world.ask("GET", "/tagged", {{"Accept-Encoding", "gzip"}});
    CHECK(answer.headers.get("content-encoding") == "gzip");
    CHECK(answer.headers.get("etag") == "W/\"v1\"");
    const auto again = world.ask("GET", "/tagged",
                                 {{"Accept-Encoding", "gzip"}, {"If-None-Match", "W/\"v1\""}});
    CHECK(again.status == 304);
    CHECK(again.headers.get("etag") == "W/\"v1\"");
    CHECK(again.headers.get("vary") == "Accept-Encoding");
    CHECK_FALSE(again.headers.get("content-encoding"));
    CHECK(world.ask("GET", "/tagged").headers.get("etag") == kTagged);
}

TEST_CASE("a streamed answer is compressed piece by piece", "[forms]") {
    FormWorld world(everything());
    auto exchange = base::make_ref<RecordingExchange>(world.loop, "GET", "/stream");
    exchange->head.headers = {{"Accept-Encoding", "gzip"}};
    exchange->head.framing.web_fields = static_cast<std::uint8_t>(WebField::accept_encoding);
    REQUIRE(world.service->add_async_route("GET", "/stream", [](Request request, const Reply&) {
        // The only way that a test has to the streams of the core.
        auto writer = request.exchange()->stream(Response::text(""));
        REQUIRE(writer.write("first") == http::Flow::flowing);
        writer.end();
    }));
    world.service->on_exchange(*exchange);
    world.loop.run();
    CHECK(exchange->streamed == RecordingExchange::Streamed::ended);
    CHECK(exchange->answer->headers.get("content-encoding") == "gzip");
    CHECK(codec::inflate(ContentCoding::gzip, exchange->answer->body, {}).value() == "first");
}

TEST_CASE("a request's body is undone from its coding before the handler sees it", "[forms]") {
    FormWorld world;
    std::string coded;
    codec::Compressor(ContentCoding::gzip, 6).finish(coded, kLong);
    for (const char* name : {"gzip", "x-gzip", "GZIP"}) {
        CHECK(world.ask("POST", "/echo", {{"Content-Encoding", name}}, coded).body == kLong);
    }
    CHECK(world.ask("POST", "/echo", {{"Content-Encoding", "identity"}}, "as it is").body ==
          "as it is");
}

TEST_CASE("a coding that is not read is refused, and those that are named", "[forms]") {
    FormWorld world;
    for (const Headers& headers : {Headers{{"Content-Encoding", "br"}},
                                   Headers{{"Content-Encoding", "gzip, gzip"}},
                                   Headers{{"Content-Encoding", "gzip"},
                                           {"Content-Encoding", "gzip"}}}) {
        const auto refused = world.ask("POST", "/echo", headers, "x");
        CHECK(code_of_problem(refused) == "unsupported_media");
        CHECK(refused.headers.get("accept-encoding") == "gzip, deflate");
    }
}

TEST_CASE("a request that unpacks to too much or to nothing sound is refused", "[forms]") {
    FormWorld world;
    std::string bomb;
    codec::Compressor(ContentCoding::gzip, 9).finish(bomb, std::string(8 << 20, 'b'));
    const Headers gzip{{"Content-Encoding", "gzip"}};
    CHECK(code_of_problem(world.ask("POST", "/echo", gzip, bomb)) == "payload_too_large");
    CHECK(code_of_problem(world.ask("POST", "/echo", gzip, "no gzip")) == "invalid_data");
}

TEST_CASE("options of compression that make no sense are refused", "[forms]") {
    CHECK_FALSE(http::Representation::make(Compression{.level = 0}));
    CHECK_FALSE(http::Representation::make(Compression{.level = 10}));
    for (const char* type : {"text", "*/*", "text/h*", "", "a b/c"}) {
        INFO(type);
        CHECK_FALSE(http::Representation::make(Compression{.types = {type}}));
    }
}
