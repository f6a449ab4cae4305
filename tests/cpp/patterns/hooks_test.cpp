#include <catch2/catch.hpp>

#include <stdexcept>

#include <tidewire/value.hpp>

#include "patterns/request_response/server.hpp"
#include "support/recording_exchange.hpp"
#include "support/sim_runtime.hpp"

using namespace tidewire;
using namespace std::chrono_literals;
using namespace patterns::request_response;
using testing::RecordingExchange;
using testing::SimLoop;

namespace {

using Verdict = Result<std::optional<Principal>>;

struct World {
    SimLoop loop;
    std::shared_ptr<Service> service = std::make_shared<Service>(Limits{}, false);
    std::vector<std::string> journal;

    World() {
        const auto note = [this](const Request& request) {
            const auto* principal = request.principal();
            journal.push_back(std::string(request.operation()) + " by " +
                              (principal != nullptr ? principal->id : "nobody"));
            return Response::text("done");
        };
        service->add_route("GET", "/users/{id}", note, nullptr).value();
        service
            ->add_method("add",
                         [note](const Value&, const Request& context) -> Result<Value> {
                             (void)note(context);
                             return Value(3);
                         })
            .value();
    }

    base::Ref<RecordingExchange> start(std::string_view method, std::string_view target,
                                       const Headers& headers = {}) {
        auto exchange = base::make_ref<RecordingExchange>(loop, method, target);
        exchange->head.headers = headers;
        service->on_exchange(*exchange);
        return exchange;
    }
    Response ask(std::string_view method, std::string_view target, const Headers& headers = {}) {
        auto exchange = start(method, target, headers);
        loop.run();
        return exchange->answer.value();
    }
};

// The principal is named by a field of the test's.
Verdict by_field(const Request& request) {
    const auto name = request.headers().get("who");
    if (!name) return std::optional<Principal>();
    if (*name == "old") return Error(ErrorCode::token_expired);
    if (*name == "throws") throw std::runtime_error("secret");
    return std::optional(Principal{std::string(*name), object({{"level", 7}})});
}

std::string code_of(const Response& response) {
    return (*response.json())["code"].as<std::string>().value_or("none");
}

}  // namespace

TEST_CASE("without a principal nothing runs, with one it is known to the handler") {
    World world;
    world.service->admission().set_authenticate(as_async(by_field)).value();
    const auto nobody = world.ask("GET", "/users/7");
    CHECK(nobody.status == 401);
    CHECK(code_of(nobody) == "unauthenticated");
    CHECK(nobody.headers.get("www-authenticate") == "Bearer");
    const auto old = world.ask("POST", "/methods/add", {{"who", "old"}});
    CHECK(code_of(old) == "token_expired");
    CHECK(old.headers.get("www-authenticate") == "Bearer error=\"invalid_token\"");
    CHECK(world.journal.empty());

    CHECK(world.ask("GET", "/users/7", {{"who", "ann"}}).status == 200);
    CHECK(world.ask("HEAD", "/users/7", {{"who", "ann"}}).status == 200);
    CHECK(world.ask("POST", "/methods/add", {{"who", "bob"}}).status == 200);
    CHECK(world.journal == std::vector<std::string>{"GET /users/{id} by ann",
                                                    "GET /users/{id} by ann", "add by bob"});
}

TEST_CASE("authorize decides by principal, action and name") {
    World world;
    std::vector<std::string> asked;
    world.service->admission().set_authenticate(as_async(by_field)).value();
    const auto judge = [&](const Principal* principal, Action action,
                           std::string_view name) -> Result<bool> {
        asked.push_back(std::string(action_name(action)) + " " + std::string(name));
        if (principal == nullptr) return name == "add";  // open to all
        return principal->claims["level"] == Value(7) && principal->id != "eve";
    };
    world.service->admission().set_authorize(as_async(judge)).value();
    CHECK(world.ask("POST", "/methods/add").status == 200);
    CHECK(world.ask("GET", "/users/7").status == 401);
    CHECK(code_of(world.ask("GET", "/users/7", {{"who", "eve"}})) == "forbidden");
    CHECK(world.ask("GET", "/users/7", {{"who", "ann"}}).status == 200);
    CHECK(asked == std::vector<std::string>{"call add", "call GET /users/{id}",
                                            "call GET /users/{id}", "call GET /users/{id}"});
    CHECK(world.journal ==
          std::vector<std::string>{"add by nobody", "GET /users/{id} by ann"});
}

TEST_CASE("a hook that throws is internal, never a pass") {
    World world;
    world.service->admission().set_authenticate(as_async(by_field)).value();
    const auto thrown = world.ask("GET", "/users/7", {{"who", "throws"}});
    CHECK(code_of(thrown) == "internal");
    CHECK(thrown.body.find("secret") == std::string::npos);

    World judged;
    judged.service->admission()
        .set_authorize([](const Request&, Action, const std::string&, auto) {
            throw std::runtime_error("secret");
        })
        .value();
    CHECK(code_of(judged.ask("GET", "/users/7")) == "internal");
    CHECK((world.journal.empty() && judged.journal.empty()));

    World nameless;
    nameless.service->admission()
        .set_authenticate([](const Request&, auto done) { done(std::optional(Principal{})); })
        .value();
    CHECK(code_of(nameless.ask("GET", "/users/7")) == "internal");
}

TEST_CASE("a hook may take its time, until the deadline or the caller's end") {
    World world;
    Function<void(Verdict)> done;
    world.service->admission()
        .set_authenticate([&](const Request&, Function<void(Verdict)> given) {
            done = std::move(given);
        })
        .value();
    auto waiting = world.start("GET", "/users/7");
    CHECK_FALSE(waiting->answer);
    done(std::optional(Principal{"ann", {}}));
    world.loop.run();
    CHECK(waiting->answer->status == 200);

    auto dropped = world.start("GET", "/users/7");
    done.reset();
    world.loop.run();
    CHECK(code_of(*dropped->answer) == "internal");

    auto late = world.start("GET", "/users/7", {{"tidewire-timeout-ms", "50"}});
    world.loop.advance(60ms);
    CHECK(code_of(late->answer.value()) == "timeout");
    done(std::optional(Principal{"ann", {}}));
    world.loop.run();

    auto gone = world.start("GET", "/users/7");
    gone->abandon();
    CHECK(gone->cancelled());
    done(std::optional(Principal{"ann", {}}));
    world.loop.run();
    CHECK_FALSE(gone->answer);
    CHECK(world.journal.size() == 1);
}

TEST_CASE("the hook of a binding answers with a principal as JSON") {
    World world;
    world.service->admission()
        .set_raw([](const Request& request, Reply reply) {
            const auto who = request.headers().get("who").value_or("");
            if (who == "guest") {
                reply.send(Response::empty());
            } else if (who == "bad") {
                reply.send(Value(1));
            } else if (who.empty()) {
                reply.fail(Error(ErrorCode::unauthenticated));
            } else {
                reply.send(object({{"id", std::string(who)}, {"claims", object({{"a", 1}})}}));
            }
        })
        .value();
    CHECK(world.ask("GET", "/users/7", {{"who", "ann"}}).status == 200);
    CHECK(world.ask("GET", "/users/7", {{"who", "guest"}}).status == 200);
    CHECK(code_of(world.ask("GET", "/users/7", {{"who", "bad"}})) == "internal");
    CHECK(world.ask("GET", "/users/7").status == 401);
    CHECK(world.journal == std::vector<std::string>{"GET /users/{id} by ann",
                                                    "GET /users/{id} by nobody"});
    const auto again = world.service->admission().set_authenticate(as_async(by_field));
    CHECK(again.error().code() == ErrorCode::misuse);
}

TEST_CASE("middleware stands around routes and methods, the first outermost") {
    World world;
    const auto layer = [&](std::string name) {
        return [&world, name](const Request& request, const Next& next) {
            world.journal.push_back(name + " in");
            auto response = next(request);
            world.journal.push_back(name + " out");
            response.headers.add("Seen-By", name).value();
            return response;
        };
    };
    world.service->add_middleware(layer("a"));
    world.service->add_middleware(layer("b"));
    CHECK(world.service->ready());
    const auto response = world.ask("GET", "/users/7");
    CHECK(response.body == "done");
    CHECK(response.headers[0].value == "b");
    CHECK(response.headers[1].value == "a");
    CHECK(world.journal == std::vector<std::string>{"a in", "b in", "GET /users/{id} by nobody",
                                                    "b out", "a out"});
    CHECK(world.ask("POST", "/methods/add").body == "3");
    CHECK(world.ask("GET", "/none").headers.count("seen-by") == 0);
}

TEST_CASE("middleware may answer itself, and what it throws is internal") {
    World world;
    world.service->add_middleware([](const Request& request, const Next& next) {
        if (request.headers().get("throw")) throw std::runtime_error("secret");
        return request.headers().get("stop") ? Response::text("stopped", 418) : next(request);
    });
    CHECK(world.ask("GET", "/users/7", {{"stop", "1"}}).status == 418);
    CHECK(code_of(world.ask("GET", "/users/7", {{"throw", "1"}})) == "internal");
    CHECK(world.journal.empty());
}

TEST_CASE("middleware is refused around handlers that take a Reply") {
    World world;
    world.service->add_async_route("GET", "/late", [](const Request&, const Reply&) {}).value();
    CHECK(world.service->ready());
    world.service->add_middleware([](const Request& request, const Next& next) {
        return next(request);
    });
    const auto refused = world.service->ready();
    CHECK(refused.error().code() == ErrorCode::misuse);
    CHECK(refused.error().message().find("GET /late") != std::string_view::npos);
}
