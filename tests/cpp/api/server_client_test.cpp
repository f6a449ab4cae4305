// Server and Client over real sockets on loopback.
#include <tidewire/tidewire.hpp>

#include <catch2/catch.hpp>

#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <future>
#include <thread>
#include <vector>

#include <tidewire/host.hpp>

using namespace tidewire;
using namespace std::chrono_literals;

namespace {

// Waits for what another thread brings about; bounded, so that a bug fails instead of hanging.
template <class Condition>
bool eventually(Condition condition) {
    for (int i = 0; i < 2000; ++i) {
        if (condition()) return true;
        std::this_thread::sleep_for(5ms);
    }
    return false;
}

struct App {
    explicit App(ServerOptions options = {}) : server(with_free_port(std::move(options))) {
        server.get("/hello", [](const Request&) { return Response::text("hello"); })
            .post("/echo", [](const Request& request) {
                return Response::bytes(std::string(request.body()), "application/octet-stream");
            });
        server.method("add", [](const Value& args) {
            return Value(args["a"].as<int>().value_or(0) + args["b"].as<int>().value_or(0));
        });
        server.method("never", [this](Value, Request request, Reply reply) {
            kept.push_back(std::move(reply));
            requests.push_back(std::move(request));
            started = kept.size();
        });
    }
    static ServerOptions with_free_port(ServerOptions options) {
        options.address = "127.0.0.1:0";
        return options;
    }
    std::vector<Reply> kept;  // touched on the one loop, and after stop()
    std::vector<Request> requests;
    std::atomic<std::size_t> started{0};
    Server server;
};

}  // namespace

TEST_CASE("a client calls a method and a route of a server") {
    App app;
    REQUIRE(app.server.start());
    auto client = connect(app.server.url()).value();
    REQUIRE(client.call("add", object({{"a", 1}, {"b", 2}})).wait().value() == Value(3));
    REQUIRE(client.request("GET", "/hello").wait().value().body == "hello");
    REQUIRE(client.call("none").wait().error().code() == ErrorCode::not_found);
    REQUIRE(client.request("GET", "/none").wait().value().status == 404);
    std::string big(3'000'000, 'x');
    REQUIRE(client.request("POST", "/echo", {.body = big}).wait().value().body == big);
    REQUIRE(app.server.stats().requests == 5);
    REQUIRE(app.server.stats().connections == 1);
}

TEST_CASE("several loops share a port and every request is answered") {
    App app({.loops = 3});
    REQUIRE(app.server.start());
    std::vector<Client> clients;
    for (int i = 0; i < 20; ++i) clients.push_back(connect(app.server.url()).value());
    std::vector<Call<Value>> calls;
    for (int i = 0; i < 1000; ++i) {
        calls.push_back(clients[static_cast<std::size_t>(i) % clients.size()].call(
            "add", object({{"a", i}, {"b", 1}})));
    }
    for (int i = 0; i < 1000; ++i)
        REQUIRE(calls[static_cast<std::size_t>(i)].wait().value() == Value(i + 1));
    REQUIRE(app.server.stats().requests == 1000);
}

TEST_CASE("a call that is cancelled or runs out of time cancels its handler") {
    App app;
    REQUIRE(app.server.start());
    auto client = connect(app.server.url()).value();
    auto cancelled = client.call("never");
    REQUIRE(eventually([&app] { return app.started == 1; }));
    cancelled.cancel();
    REQUIRE(cancelled.wait().error().code() == ErrorCode::cancelled);
    REQUIRE(client.call("never", {}, {.timeout = 50ms}).wait().error().code() ==
            ErrorCode::timeout);
    REQUIRE(eventually([&app] { return app.server.stats().requests_cancelled == 2; }));
    REQUIRE(app.server.stop(0ms));
    for (const Request& request : app.requests) REQUIRE(request.cancelled());
}

TEST_CASE("stop answers what is under way within its grace and ends the rest") {
    App app;
    REQUIRE(app.server.start());
    auto client = connect(app.server.url()).value();
    auto answered = client.call("never");
    REQUIRE(eventually([&app] { return app.started == 1; }));
    auto stopping = std::async(std::launch::async, [&app] { return app.server.stop(5s); });
    REQUIRE(eventually([&app] {
        return !connect(app.server.url(), {.connect_timeout = 200ms}).has_value();
    }));
    app.kept[0].send(Value("in time"));
    REQUIRE(answered.wait().value() == Value("in time"));
    REQUIRE(stopping.get());

    App other;
    REQUIRE(other.server.start());
    auto second = connect(other.server.url()).value();
    auto lost = second.call("never");
    REQUIRE(eventually([&other] { return other.started == 1; }));
    REQUIRE(other.server.stop(10ms));
    REQUIRE(lost.wait().error().code() == ErrorCode::connection_lost);
}

TEST_CASE("nobody there, closed, and bad input are errors with a code") {
    REQUIRE(connect("http://127.0.0.1:1").error().code() == ErrorCode::unavailable);
    for (const char* url : {"", "127.0.0.1", "unix:a", "http://a b", "http://a:99999",
                            "http://user@a"}) {
        CAPTURE(url);
        REQUIRE(Client::create(url).error().code() == ErrorCode::invalid_argument);
    }
    App app;
    REQUIRE(app.server.start());
    auto client = connect(app.server.url()).value();
    const auto code = [](auto call) { return call.wait().error().code(); };
    REQUIRE(code(client.call("a b")) == ErrorCode::invalid_argument);
    REQUIRE(code(client.call("a", Value(Data{"x"}))) == ErrorCode::invalid_argument);
    REQUIRE(code(client.request("GET", "no-slash")) == ErrorCode::invalid_argument);
    REQUIRE(code(client.request("GET", "/a b")) == ErrorCode::invalid_argument);
    REQUIRE(code(client.request("GET", "/a\r\nX: y")) == ErrorCode::invalid_argument);
    REQUIRE(code(client.request("GE T", "/a")) == ErrorCode::invalid_argument);
    REQUIRE(code(client.request("POST", "/a", {.content_type = "a\r\nb"})) ==
            ErrorCode::invalid_argument);
    REQUIRE(code(client.request("GET", "/a", {.headers = {{"Host", "other"}}})) ==
            ErrorCode::invalid_argument);
    client.close();
    REQUIRE(code(client.call("add")) == ErrorCode::misuse);
}

TEST_CASE("an address that is taken or not understood fails the start, registration too") {
    App app;
    REQUIRE(app.server.start());
    const auto start_at = [](std::string address) {
        return Server({.address = std::move(address)}).start().error().code();
    };
    REQUIRE(start_at("127.0.0.1:" + std::to_string(app.server.port())) == ErrorCode::unavailable);
    REQUIRE(start_at("nonsense") == ErrorCode::invalid_argument);
    REQUIRE(start_at("192.0.2.1:0") == ErrorCode::invalid_argument);
    Server bad({.address = "127.0.0.1:0"});
    bad.get("no slash", [](const Request&) { return Response::empty(); });
    REQUIRE(bad.start().error().code() == ErrorCode::invalid_argument);
    REQUIRE(app.server.start().error().code() == ErrorCode::misuse);
    REQUIRE(app.server.route("GET", "/late", [](const Request&) { return Response::empty(); })
                .error()
                .code() == ErrorCode::misuse);
}

TEST_CASE("waiting on a loop thread is misuse, never a deadlock") {
    App app;
    std::optional<ErrorCode> seen_wait;
    std::optional<ErrorCode> seen_stop;
    std::unique_ptr<Client> inner;
    app.server.get("/inner", [&](const Request&) {
        seen_wait = inner->call("add").wait().error().code();
        seen_stop = app.server.stop(0ms).error().code();
        (void)app.server.stats();
        return Response::empty();
    });
    REQUIRE(app.server.start());
    inner = std::make_unique<Client>(connect(app.server.url()).value());
    REQUIRE(inner->request("GET", "/inner").wait().value().status == 204);
    REQUIRE(seen_wait == ErrorCode::misuse);
    REQUIRE(seen_stop == ErrorCode::misuse);
}

TEST_CASE("then runs once, whether it comes before or after the answer") {
    App app;
    REQUIRE(app.server.start());
    auto client = connect(app.server.url()).value();
    std::promise<Value> early;
    client.call("add", object({{"a", 1}, {"b", 1}})).then([&early](Result<Value> result) {
        early.set_value(result.value());
    });
    REQUIRE(early.get_future().get() == Value(2));
    auto call = client.call("add", object({{"a", 2}, {"b", 2}}));
    REQUIRE(eventually([&app] { return app.server.stats().requests == 2; }));
    std::promise<Value> late;
    call.then([&late](Result<Value> result) { late.set_value(result.value()); });
    REQUIRE(late.get_future().get() == Value(4));
    REQUIRE(call.wait().error().code() == ErrorCode::misuse);
}

TEST_CASE("a client may go with its last call under way, even inside a callback of its own") {
    App app;
    REQUIRE(app.server.start());
    std::promise<void> dropped;
    {
        auto client = std::make_shared<Client>(connect(app.server.url()).value());
        auto* raw = client.get();
        raw->call("add").then([client = std::move(client), &dropped](Result<Value>) mutable {
            client.reset();
            dropped.set_value();
        });
    }
    dropped.get_future().get();
    auto call = connect(app.server.url()).value().call("never");
    REQUIRE(call.wait().error().code() == ErrorCode::closed);
}

TEST_CASE("servers and clients may share a runtime, and come and go on it") {
    const auto runtime = Runtime::create(2);
    for (int round = 0; round < 20; ++round) {
        App app({.runtime = runtime});
        REQUIRE(app.server.start());
        auto client = connect(app.server.url(), {.runtime = runtime}).value();
        REQUIRE(client.call("add", object({{"a", round}, {"b", 0}})).wait().value() ==
                Value(round));
    }
    runtime->stop();
    REQUIRE_FALSE(runtime->alive());
    REQUIRE(Client::create("http://127.0.0.1:1", {.runtime = runtime}).error().code() ==
            ErrorCode::misuse);
}

TEST_CASE("many threads use one client, and answers come from many threads") {
    App app;
    std::atomic<int> answered{0};
    app.server.method("threaded", [&answered](Value args, Request, Reply reply) {
        std::thread([args = std::move(args), reply = std::move(reply), &answered]() mutable {
            if (reply.send(args)) answered.fetch_add(1);
        }).detach();
    });
    REQUIRE(app.server.start());
    auto client = connect(app.server.url()).value();
    std::vector<std::thread> threads;
    std::atomic<int> right{0};
    for (int t = 0; t < 4; ++t) {
        threads.emplace_back([&client, &right, t] {
            for (int i = 0; i < 100; ++i) {
                const Value sent = array({t, i});
                if (client.call("threaded", sent).wait().value() == sent) right.fetch_add(1);
            }
        });
    }
    for (auto& thread : threads) thread.join();
    REQUIRE(right.load() == 400);
    REQUIRE(answered.load() == 400);
}

TEST_CASE("in a forked child everything answers misuse and nothing hangs") {
    App app;
    REQUIRE(app.server.start());
    auto client = std::make_unique<Client>(connect(app.server.url()).value());
    const pid_t child = ::fork();
    if (child == 0) {
        const bool misused = client->call("add").wait().error().code() == ErrorCode::misuse &&
                             app.server.stop(0ms).error().code() == ErrorCode::misuse;
        client.reset();
        ::_exit(misused ? 0 : 1);
    }
    int status = -1;
    REQUIRE(::waitpid(child, &status, 0) == child);
    REQUIRE(WIFEXITED(status));
    REQUIRE(WEXITSTATUS(status) == 0);
    REQUIRE(client->call("add").wait());
}

TEST_CASE("a host gets requests in batches, cancellations and completions, and may close") {
    std::atomic<int> wakes{0};
    auto host = std::make_shared<Host>(HostOptions{.queue_max = 2}, [&wakes] { ++wakes; });
    Server server({.address = "127.0.0.1:0", .host = host});
    REQUIRE(server.method_raw("m", host->handler(7), false));
    REQUIRE(server.start());
    auto client = connect(server.url(), {.runtime = host->runtime()}).value();
    std::vector<Call<Response>> calls;
    for (int i = 0; i < 2; ++i) calls.push_back(client.call_raw("m", "[1]"));
    REQUIRE(eventually([&host] { return host->stats().queued == 2; }));
    REQUIRE(client.call_raw("m", "").wait().value().status == 503);
    REQUIRE(host->stats().overloaded == 1);
    std::vector<HostEvent> events;
    REQUIRE(host->drain(events) == 2);
    REQUIRE(events[0].handler == 7);
    REQUIRE(events[0].request.body() == "[1]");
    REQUIRE(events[0].id != events[1].id);
    events[0].reply.send(Value("answer"));
    REQUIRE(calls[0].wait().value().body == "\"answer\"");
    const auto cancelled_id = events[1].id;
    calls[1].cancel();
    std::vector<HostEvent> more;
    REQUIRE(eventually([&] { return host->drain(more) > 0; }));
    REQUIRE(more[0].kind == HostEvent::Kind::cancelled);
    REQUIRE(more[0].id == cancelled_id);
    client.request("GET", "/none").then(host->completion(42));
    more.clear();
    REQUIRE(eventually([&] { return host->drain(more) > 0; }));
    REQUIRE(more[0].kind == HostEvent::Kind::completed);
    REQUIRE(more[0].id == 42);
    REQUIRE(more[0].result->value().status == 404);
    auto outside = connect(server.url()).value();
    host->close();
    const int wakes_at_close = wakes.load();
    REQUIRE(outside.call("m").wait().error().code() == ErrorCode::no_responders);
    REQUIRE(wakes.load() == wakes_at_close);
    REQUIRE(host->runtime() == nullptr);
}
