// Streamed replies and requests over real sockets on loopback.
#include <tidewire/tidewire.hpp>

#include <catch2/catch.hpp>

#include <atomic>
#include <string>
#include <thread>
#include <vector>

using namespace tidewire;
using namespace std::chrono_literals;

namespace {

// A thread per handler, joined at the end.
class Threads final : public Executor {
public:
    ~Threads() {
        for (auto& thread : threads_) thread.join();
    }
    bool post(Function<void()> task) override {
        threads_.emplace_back([task = std::move(task)]() mutable { task(); });
        return true;
    }

private:
    std::vector<std::thread> threads_;
};

struct StreamApp {
    StreamApp() : server(ServerOptions{.address = "127.0.0.1:0"}) {
        const MethodOptions waits{.executor = &threads};
        server.method("count", waits, [this](Value args, Request context, StreamWriter out) {
            const int n = args["n"].as<int>().value_or(0);
            for (int i = 0; i < n; ++i) {
                if (out.send(Value(i)).value() == StreamWriter::Flow::full) out.wait();
                if (context.cancelled()) {
                    cancelled = true;
                    return;
                }
            }
            sent_all = true;
            out.end();
        });
        server.method("flood", waits, [this](Value, Request, StreamWriter out) {
            const Value item(std::string(10'000, 'x'));
            auto flow = StreamWriter::Flow::flowing;
            while (flow != StreamWriter::Flow::closed) {
                flow = out.send(item).value();
                ++flooded;
                if (flow == StreamWriter::Flow::full) flow = out.wait();
            }
            closed = true;
        });
        server.method("fails", [](Value args, Request, StreamWriter out) {
            const int n = args["n"].as<int>().value_or(0);
            for (int i = 0; i < n; ++i) (void)out.send(Value(i));
            out.fail(Error(ErrorCode::conflict, "as asked"));
        });
        server.method("drops", [](Value, Request, StreamWriter out) { (void)out.send(Value(1)); });
        server.method("throws", [](Value, Request, StreamWriter) { throw 7; });
        server.method("silent", [this](Value, Request, StreamWriter out) {
            (void)out.send(Value("first"));
            kept.push_back(std::move(out));
        });
        server.method("sum", waits, [](StreamReader items, Request, Reply reply) {
            std::int64_t sum = 0;
            while (true) {
                auto item = items.next();
                if (!item) return (void)reply.fail(item.error());
                if (!*item) break;
                sum += (*item)->as<std::int64_t>().value_or(0);
            }
            reply.send(Value(sum));
        });
        server.method("double", waits, [](StreamReader items, Request, StreamWriter out) {
            while (auto item = items.next().value()) {
                (void)out.send(Value(item->as<std::int64_t>().value_or(0) * 2));
            }
            out.end();
        });
        server.method("plain", [](const Value& args) { return args; });
        REQUIRE(server.start());
        client.emplace(connect(server.url()).value());
    }
    ~StreamApp() {
        kept.clear();
        client.reset();
        (void)server.stop(0ms);
    }

    std::atomic<bool> cancelled{false};
    std::atomic<bool> sent_all{false};
    std::atomic<bool> closed{false};
    std::atomic<std::size_t> flooded{0};
    Threads threads;
    std::vector<StreamWriter> kept;
    Server server;
    std::optional<Client> client;
};

std::vector<std::int64_t> all_of(StreamReader& reader, std::optional<Error>& error) {
    std::vector<std::int64_t> items;
    while (true) {
        auto item = reader.next();
        if (!item) error = item.error();
        if (!item || !*item) return items;
        items.push_back((*item)->as<std::int64_t>().value());
    }
}

std::string code_of(StreamReader reader) {
    std::optional<Error> error;
    (void)all_of(reader, error);
    return error ? std::string(error->name()) : "none";
}

bool soon(const std::atomic<bool>& flag) {
    for (int i = 0; i < 2000 && !flag; ++i) std::this_thread::sleep_for(5ms);
    return flag;
}

}  // namespace

TEST_CASE("a streamed reply comes whole and in order", "[streams]") {
    StreamApp app;
    for (const int n : {0, 1, 100'000}) {
        auto reader = app.client->stream("count", object({{"n", n}}));
        std::optional<Error> error;
        const auto items = all_of(reader, error);
        CHECK_FALSE(error);
        REQUIRE(items.size() == static_cast<std::size_t>(n));
        for (std::size_t i = 0; i < items.size(); ++i) REQUIRE(items[i] == std::int64_t(i));
        CHECK_FALSE(reader.next().value());
    }
    CHECK(app.server.stats().connections == 1);  // kept for the next one each time
}

TEST_CASE("a stream that fails says how, after its items", "[streams]") {
    StreamApp app;
    auto reader = app.client->stream("fails", object({{"n", 3}}));
    std::optional<Error> error;
    CHECK(all_of(reader, error).size() == 3);
    REQUIRE(error);
    CHECK(error->code() == ErrorCode::conflict);
    CHECK(error->message() == "as asked");
    CHECK(reader.next().error().code() == ErrorCode::conflict);
    CHECK(code_of(app.client->stream("drops")) == "internal");
    CHECK(code_of(app.client->stream("throws")) == "internal");
    CHECK(code_of(app.client->stream("none")) == "not_found");
    CHECK(code_of(app.client->stream("plain")) == "not_acceptable");
    CHECK(code_of(app.client->stream("bad name")) == "invalid_argument");
    CHECK(code_of(app.client->stream("count", {}, {.serializer = Serializer::capnp})) ==
          "invalid_argument");
    CHECK(app.client->call("count").wait().error().code() == ErrorCode::not_acceptable);
    // Before its first item it has the status of its error.
    const auto refused = app.client->request(
        "POST", "/methods/fails", {.body = "{}", .content_type = "application/json"});
    auto response = Call<Response>(refused).wait().value();
    CHECK(response.status == 409);
}

TEST_CASE("the deadline of a stream holds to its last item", "[streams]") {
    StreamApp app;
    auto reader = app.client->stream("silent", {}, {.timeout = 200ms});
    CHECK(reader.next().value() == Value("first"));
    CHECK(reader.next().error().code() == ErrorCode::timeout);
}

TEST_CASE("who stops reading a stream ends its handler", "[streams]") {
    StreamApp app;
    {
        auto reader = app.client->stream("count", object({{"n", 100'000'000}}));
        CHECK(reader.next().value() == Value(0));
    }
    CHECK(soon(app.cancelled));
    CHECK_FALSE(app.sent_all);
}

TEST_CASE("a reader that does not come stops the writer", "[streams]") {
    StreamApp app;
    auto reader = app.client->stream("flood");
    REQUIRE(reader.next());
    std::size_t before = 0;
    for (int i = 0; i < 200 && before != app.flooded; ++i) {
        before = app.flooded;
        std::this_thread::sleep_for(50ms);
    }
    CHECK(before < 3000);  // 30 MB, most of it in the kernel's buffers
    reader.cancel();
    CHECK(soon(app.closed));
    CHECK(reader.next().error().code() == ErrorCode::cancelled);
}

TEST_CASE("a streamed request gets its one reply", "[streams]") {
    StreamApp app;
    auto [items, reply] = app.client->call_with_stream("sum");
    for (int i = 1; i <= 50'000; ++i) {
        if (items.send(Value(i)).value() == StreamWriter::Flow::full) items.wait();
    }
    items.end();
    CHECK(reply.wait().value() == Value(1'250'025'000));
    CHECK(app.client->call("sum", Value(1)).wait().error().code() ==
          ErrorCode::unsupported_media);
    auto wrong = app.client->call_with_stream("plain");
    (void)wrong.items.send(Value(1));
    wrong.items.end();
    CHECK(wrong.reply.wait().error().code() == ErrorCode::unsupported_media);
}

TEST_CASE("a streamed request that fails or breaks off is not taken for whole", "[streams]") {
    StreamApp app;
    auto [items, reply] = app.client->call_with_stream("sum");
    (void)items.send(Value(1));
    items.fail(Error(ErrorCode::conflict, "no more"));
    CHECK(reply.wait().error().code() == ErrorCode::conflict);
    auto cut = app.client->call_with_stream("sum");
    cut.items = StreamWriter();
    CHECK(cut.reply.wait().error().code() == ErrorCode::internal);
    const auto sent = [&](std::string body) {
        return app.client
            ->request("POST", "/methods/sum",
                      {.body = std::move(body), .content_type = "application/x-ndjson"})
            .wait()
            .value();
    };
    CHECK(sent("{\"value\":1}\n{\"value\":2}\n{\"end\":true}\n").body == "3");
    CHECK(sent("{\"value\":1}\n").error().error().code() == ErrorCode::invalid_argument);
    CHECK(sent("nonsense\n").error().error().code() == ErrorCode::invalid_argument);
}

TEST_CASE("both sides may stream", "[streams]") {
    StreamApp app;
    auto [items, replies] = app.client->stream_with_stream("double");
    for (int i = 0; i < 1000; ++i) (void)items.send(Value(i));
    items.end();
    std::optional<Error> error;
    const auto doubled = all_of(replies, error);
    CHECK_FALSE(error);
    REQUIRE(doubled.size() == 1000);
    CHECK(doubled.back() == 1998);
}

TEST_CASE("a browser is given events", "[streams]") {
    StreamApp app;
    const auto response =
        app.client
            ->request("POST", "/methods/fails",
                      {.headers = {{"Accept", "text/event-stream"}}, .body = "{\"n\":1}"})
            .wait()
            .value();
    CHECK(response.content_type == "text/event-stream");
    CHECK(response.headers.get("cache-control") == "no-store, no-transform");
    CHECK(response.body.starts_with("event: value\ndata: 0\n\nevent: failed\ndata: {"));
    CHECK(response.body.ends_with("}\n\n"));
}

TEST_CASE("waiting for a stream on a loop thread is misuse", "[streams]") {
    StreamApp app;
    std::atomic<bool> misused{false};
    Server other{ServerOptions{.address = "127.0.0.1:0"}};
    other.method("sum", [&](StreamReader items, Request, Reply reply) {
        misused = items.next().error().code() == ErrorCode::misuse;
        reply.send(Value());
    });
    REQUIRE(other.start());
    auto client = connect(other.url()).value();
    auto call = client.call_with_stream("sum");
    call.items.end();
    CHECK(call.reply.wait());
    CHECK(misused);
}
