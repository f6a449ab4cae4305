#include "patterns/request_response/server.hpp"

#include <catch2/catch.hpp>

#include <stdexcept>

#include <tidewire/value.hpp>

#include "patterns/request_response/client.hpp"
#include "serializer/media.hpp"
#include "support/recording_exchange.hpp"
#include "support/sim_runtime.hpp"

using namespace tidewire;
using namespace std::chrono_literals;
using patterns::request_response::Service;
using testing::RecordingExchange;
using testing::SimLoop;

namespace {

struct World {
    SimLoop loop;
    std::shared_ptr<Service> service = std::make_shared<Service>(Limits{}, false);

    base::Ref<RecordingExchange> ask(std::string_view method, std::string_view target,
                                     std::string_view body = {}, const Headers& headers = {}) {
        auto exchange = base::make_ref<RecordingExchange>(loop, method, target, body);
        exchange->head.headers = headers;
        service->on_exchange(*exchange);
        loop.run();
        return exchange;
    }
};

// Code of the problem that the answer bears.
std::string code_of(const base::Ref<RecordingExchange>& exchange) {
    const auto problem = exchange->answer.value().json();
    return (*problem)["code"].as<std::string>().value_or("none");
}

class Collecting final : public Executor {
public:
    bool post(Function<void()> task) override {
        if (ended) return false;
        tasks.push_back(std::move(task));
        return true;
    }
    std::vector<Function<void()>> tasks;
    bool ended = false;
};

}  // namespace

TEST_CASE("a route gets its parameters and its answer leaves as it is") {
    World world;
    REQUIRE(world.service->add_route(
        "GET", "/users/{id}",
        [](const Request& request) { return Response::text(std::string(request.param("id"))); },
        nullptr));
    REQUIRE(world.ask("GET", "/users/a%20b?x=1")->answer->body == "a b");
}

TEST_CASE("what no handler serves is told by code") {
    World world;
    REQUIRE(world.service->add_route(
        "GET", "/a", [](const Request&) { return Response::empty(); }, nullptr));
    REQUIRE(code_of(world.ask("GET", "/b")) == "not_found");
    const auto wrong_method = world.ask("POST", "/a");
    REQUIRE(code_of(wrong_method) == "method_not_allowed");
    REQUIRE(wrong_method->answer->headers.get("allow") == "GET, HEAD");
    REQUIRE(code_of(world.ask("POST", "/methods/none")) == "not_found");
}

TEST_CASE("a method takes JSON and gives JSON, as curl sends it too") {
    World world;
    REQUIRE(world.service->add_method("add", [](const Value& args, const Request&) {
        return Result<Value>(args["a"].as<int>().value_or(0) + args["b"].as<int>().value_or(0));
    }));
    for (const char* type : {"application/json", "application/json; charset=utf-8",
                             "application/x-www-form-urlencoded", "application/problem+json"}) {
        CAPTURE(type);
        const auto exchange =
            world.ask("POST", "/methods/add", R"({"a":1,"b":2})", {{"content-type", type}});
        REQUIRE(exchange->answer->body == "3");
        REQUIRE(exchange->answer->content_type == "application/json");
    }
    REQUIRE(code_of(world.ask("GET", "/methods/add")) == "method_not_allowed");
    REQUIRE(code_of(world.ask("POST", "/methods/add", "x", {{"content-type", "image/png"}})) ==
            "unsupported_media");
    REQUIRE(code_of(world.ask("POST", "/methods/add", "", {{"accept", "text/html"}})) ==
            "not_acceptable");
    REQUIRE(code_of(world.ask("POST", "/methods/add", "{")) == "invalid_argument");
    REQUIRE(code_of(world.ask("POST", "/methods/add", std::string(65, '['))) ==
            "invalid_argument");
}

TEST_CASE("an empty body is null, and an error of a method is its answer") {
    World world;
    REQUIRE(
        world.service->add_method("kind", [](const Value& args, const Request&) -> Result<Value> {
            if (args.is_null()) return Error(ErrorCode::conflict, "nothing");
            return Value(true);
        }));
    const auto exchange = world.ask("POST", "/methods/kind");
    REQUIRE(exchange->answer->status == 409);
    REQUIRE(code_of(exchange) == "conflict");
}

TEST_CASE("a reply that JSON cannot say is invalid_argument, not a broken answer") {
    World world;
    REQUIRE(world.service->add_method("bytes", [](const Value&, const Request&) {
        return Result<Value>(Value(Data{"x"}));
    }));
    REQUIRE(code_of(world.ask("POST", "/methods/bytes")) == "invalid_argument");
}

TEST_CASE("an exception becomes internal, its text only with debug") {
    const bool debug = GENERATE(true, false);
    World world;
    world.service = std::make_shared<Service>(Limits{}, debug);
    const auto fail = [](const Request&) -> Response { throw std::runtime_error("secret"); };
    REQUIRE(world.service->add_route("GET", "/sync", fail, nullptr));
    REQUIRE(world.service->add_async_route("GET", "/async", [](const Request&, const Reply&) {
        throw std::runtime_error("secret");
    }));
    REQUIRE(world.service->add_method("m", [](const Value&, const Request&) -> Result<Value> {
        throw std::runtime_error("secret");
    }));
    for (const auto& exchange : {world.ask("GET", "/sync"), world.ask("GET", "/async"),
                                 world.ask("POST", "/methods/m")}) {
        REQUIRE(exchange->answer->status == 500);
        REQUIRE(code_of(exchange) == "internal");
    }
    // A Reply that a handler owned is gone, and has answered, before the exception arrives.
    REQUIRE(world.ask("GET", "/async")->answer->body.find("secret") == std::string::npos);
    for (const auto& exchange : {world.ask("GET", "/sync"), world.ask("POST", "/methods/m")}) {
        REQUIRE((exchange->answer->body.find("secret") != std::string::npos) == debug);
    }
}

TEST_CASE("an Error thrown by a handler travels with its code") {
    World world;
    REQUIRE(world.service->add_route(
        "GET", "/a", [](const Request&) -> Response { throw Error(ErrorCode::forbidden); },
        nullptr));
    REQUIRE(code_of(world.ask("GET", "/a")) == "forbidden");
}

TEST_CASE("a Reply that is dropped answers internal") {
    World world;
    REQUIRE(world.service->add_async_route("GET", "/a", [](const Request&, const Reply&) {}));
    REQUIRE(code_of(world.ask("GET", "/a")) == "internal");
}

TEST_CASE("a kept Reply answers once, later") {
    World world;
    Reply kept;
    REQUIRE(world.service->add_async_route(
        "GET", "/a", [&kept](const Request&, Reply reply) { kept = std::move(reply); }));
    const auto exchange = world.ask("GET", "/a");
    REQUIRE_FALSE(exchange->answer);
    REQUIRE(kept.send(Response::text("now")));
    REQUIRE_FALSE(kept.send(Response::text("again")));
    REQUIRE(exchange->answer->body == "now");
}

TEST_CASE("a route with an executor runs there, and an ended one is no_responders") {
    World world;
    Collecting pool;
    REQUIRE(world.service->add_route(
        "GET", "/a", [](const Request&) { return Response::text("done"); }, &pool));
    const auto exchange = world.ask("GET", "/a");
    REQUIRE_FALSE(exchange->answer);
    pool.tasks.at(0)();
    REQUIRE(exchange->answer->body == "done");
    pool.ended = true;
    REQUIRE(code_of(world.ask("GET", "/a")) == "no_responders");
}

TEST_CASE("the caller's deadline cancels the handler and answers timeout") {
    World world;
    Reply kept;
    Request request;
    REQUIRE(
        world.service->add_async_method("slow", [&](const Value&, Request context, Reply reply) {
            request = std::move(context);
            kept = std::move(reply);
        }));
    const auto exchange =
        world.ask("POST", "/methods/slow", "", {{"tidewire-timeout-ms", "100"}});
    REQUIRE(request.time_left().has_value());
    bool stopped = false;
    const std::stop_callback callback(request.stop_token(), [&stopped] { stopped = true; });
    world.loop.advance(100ms);
    REQUIRE(code_of(exchange) == "timeout");
    REQUIRE(stopped);
    REQUIRE(request.cancelled());
    REQUIRE_FALSE(kept.send(Value(1)));
}

TEST_CASE("a deadline that is no number of milliseconds is refused before the handler") {
    World world;
    int calls = 0;
    REQUIRE(world.service->add_method("m", [&calls](const Value&, const Request&) {
        ++calls;
        return Result<Value>(Value(1));
    }));
    for (const char* bad : {"", "0", "-1", "1.5", "1s", "99999999999999999999", "0x10", " 1"}) {
        CAPTURE(bad);
        REQUIRE(code_of(world.ask("POST", "/methods/m", "", {{"tidewire-timeout-ms", bad}})) ==
                "invalid_argument");
    }
    REQUIRE(calls == 0);
}

TEST_CASE("reserved paths, bad names and taken names are refused at registration") {
    Service service({}, false);
    const auto handler = [](const Request&) { return Response::empty(); };
    for (const char* bad :
         {"/methods", "/methods/add", "/topics/{t}", "/healthz", "/_tidewire/x"}) {
        CAPTURE(bad);
        REQUIRE(service.add_route("GET", bad, handler, nullptr).error().code() ==
                ErrorCode::invalid_argument);
    }
    REQUIRE(service.add_route("GET", "/methodsx", handler, nullptr));
    REQUIRE_FALSE(service.add_route("get", "/x", handler, nullptr));
    const auto method = [](const Value&, const Request&) { return Result<Value>(Value(1)); };
    for (const std::string& bad :
         {std::string(), std::string("."), std::string("a..b"), std::string(".a"),
          std::string("a."), std::string("a b"), std::string("a/b"), std::string(251, 'a')}) {
        CAPTURE(bad);
        REQUIRE_FALSE(service.add_method(bad, method));
    }
    REQUIRE(service.add_method(std::string(250, 'a'), method));
    REQUIRE(service.add_method("a.b-c_D.9", method));
    REQUIRE_FALSE(service.add_method("a.b-c_D.9", method));
}

TEST_CASE("a raw method is scanned only when asked to, and told of unsafe integers") {
    World world;
    bool unsafe = false;
    const auto note = [&unsafe](const Request& request, Reply reply) {
        unsafe = request.json_has_unsafe_integer();
        reply.send(Response::empty());
    };
    REQUIRE(world.service->add_raw_method("scanned", note, true));
    REQUIRE(world.service->add_raw_method("plain", note, false));
    REQUIRE(code_of(world.ask("POST", "/methods/scanned", "{")) == "invalid_argument");
    REQUIRE(world.ask("POST", "/methods/plain", "{")->answer->status == 204);
    world.ask("POST", "/methods/scanned", "[9007199254740993]");
    REQUIRE(unsafe);
    world.ask("POST", "/methods/scanned", "[9007199254740991]");
    REQUIRE_FALSE(unsafe);
}

TEST_CASE("a problem survives the way to a response and back") {
    for (const ErrorRow& row : kErrorTable) {
        if (row.http_status == 0) continue;
        CAPTURE(row.name);
        const Error sent(row.code, "with \"quotes\", \\ and \xc3\xa9");
        const auto received = Response::problem(sent).error();
        REQUIRE(received.error() == sent);
    }
    REQUIRE(Response::problem(Error(ErrorCode::cancelled)).error().error().code() ==
            ErrorCode::internal);
    REQUIRE(Response::text("x").error());
    REQUIRE(Response::text("<html>", 404).error().error().code() == ErrorCode::not_found);
}

TEST_CASE("a message that is not UTF-8 does not break the problem") {
    const auto problem = Response::problem(Error(ErrorCode::internal, "\xff\x01 text")).json();
    REQUIRE(problem->find("detail")->as<std::string>().value() == "?? text");
}

TEST_CASE("a reply's value, its error and its broken JSON are told apart") {
    using patterns::request_response::reply_value;
    REQUIRE(reply_value(Response::json(Value(1))).value() == Value(1));
    REQUIRE(reply_value(Response::empty()).value().is_null());
    REQUIRE(reply_value(Response::bytes("{", "application/json")).error().code() ==
            ErrorCode::invalid_data);
    REQUIRE(reply_value(Error(ErrorCode::timeout)).error().code() == ErrorCode::timeout);
}

TEST_CASE("Accept is read as RFC 9110 says") {
    const auto accepts_json = [](std::string_view accept) {
        return serializer::wanted(accept, Serializer::json) == Serializer::json;
    };
    for (const char* yes : {"", "*/*", "application/json", "application/*;q=0.1",
                            "text/html, */*;q=0.5", "APPLICATION/JSON ; q=1.0"}) {
        CAPTURE(yes);
        REQUIRE(accepts_json(yes));
    }
    for (const char* no : {"text/html", "application/json;q=0", "*/*;q=0.000",
                           "*/*, application/json;q=0", "application/capnp"}) {
        CAPTURE(no);
        REQUIRE_FALSE(accepts_json(no));
    }
}

TEST_CASE("a caller that asks before it sends is refused by the head, else its body is collected") {
    World world;
    REQUIRE(world.service->add_method("add", [](const Value&, const Request&) {
        return Result<Value>(Value(1));
    }));
    const auto mode = [&](std::string_view method, std::string_view target,
                          const Headers& headers = {}, bool asks = true) {
        auto exchange = base::make_ref<RecordingExchange>(world.loop, method, target);
        exchange->head.headers = headers;
        exchange->head.framing.expect_continue = asks;
        const auto taken = world.service->on_head(*exchange);
        if (taken == http::BodyMode::streamed) {
            world.service->on_exchange(*exchange);
            REQUIRE(exchange->answer.value().status >= 400);
        }
        return taken;
    };
    using http::BodyMode;
    CHECK(mode("POST", "/methods/add") == BodyMode::whole);
    CHECK(mode("POST", "/methods/none") == BodyMode::streamed);
    CHECK(mode("PUT", "/methods/add") == BodyMode::streamed);
    CHECK(mode("POST", "/methods/add", {{"accept", "text/html"}}) == BodyMode::streamed);
    CHECK(mode("POST", "/none") == BodyMode::streamed);
    CHECK(mode("POST", "/none", {}, false) == BodyMode::whole);
}
