// /healthz, /readyz and /metrics of a server in C++, and who may read them.
#include <tidewire/tidewire.hpp>

#include <catch2/catch.hpp>

#include <string>

using namespace tidewire;

namespace {

Response got(Client& client, std::string_view target, Headers headers = {}) {
    RequestOptions options;
    options.headers = std::move(headers);
    return client.request("GET", target, std::move(options)).wait().value();
}

bool has(const Response& response, std::string_view line) {
    return ("\n" + response.body).find("\n" + std::string(line) + "\n") != std::string::npos;
}

}  // namespace

TEST_CASE("a server tells that it lives, and whether it is ready") {
    Server app({.address = "127.0.0.1:0"});
    app.get("/{path...}", [](const Request&) { return Response::text("mine"); });
    REQUIRE(app.start());
    auto client = connect(app.url()).value();
    CHECK(got(client, "/healthz").status == 200);
    CHECK(got(client, "/readyz").status == 200);
    app.set_ready(false);
    CHECK(got(client, "/healthz").status == 200);
    const auto not_ready = got(client, "/readyz");
    CHECK(not_ready.status == 503);
    CHECK(not_ready.error().error().code() == ErrorCode::unavailable);
    app.set_ready(true);
    CHECK(got(client, "/readyz").status == 200);
    CHECK(got(client, "/other").body == "mine");
    const auto posted = client.request("POST", "/healthz", {}).wait().value();
    CHECK(posted.status == 405);
}

TEST_CASE("metrics count answers by operation and class, over all loops") {
    Server app({.address = "127.0.0.1:0", .loops = 2});
    app.get("/users/{id}", [](const Request&) { return Response::text("x"); });
    app.method("add", [](const Value&) -> Result<Value> { return Error(ErrorCode::conflict); });
    REQUIRE(app.start());
    auto client = connect(app.url()).value();
    for (int i = 0; i < 3; ++i) (void)got(client, "/users/7");
    CHECK(client.call("add", {}).wait().error().code() == ErrorCode::conflict);
    (void)got(client, "/nothing");
    const auto metrics = got(client, "/metrics");
    CHECK(metrics.content_type == "text/plain; version=0.0.4; charset=utf-8");
    CHECK(has(metrics, R"(tidewire_requests_total{operation="GET /users/{id}",status="2xx"} 3)"));
    CHECK(has(metrics, R"(tidewire_requests_total{operation="add",status="4xx"} 1)"));
    CHECK(has(metrics, R"(tidewire_requests_total{operation="",status="4xx"} 1)"));
    CHECK(has(metrics, R"(tidewire_request_duration_seconds_count{operation="add"} 1)"));
    CHECK(has(metrics,
              R"(tidewire_request_duration_seconds_bucket{operation="add",le="+Inf"} 1)"));
    CHECK(has(metrics, "tidewire_requests_received_total 6"));
}

TEST_CASE("with hooks, metrics are for whom they let; health is for everybody") {
    Server app({.address = "127.0.0.1:0"});
    app.authenticate([](const Request& request) -> Result<std::optional<Principal>> {
        const auto name = request.headers().get("x-name");
        if (!name) return std::optional<Principal>();
        return std::optional<Principal>(Principal{std::string(*name)});
    });
    app.authorize([](const Principal* who, Action action, std::string_view name) -> Result<bool> {
        return action == Action::admin && name == "GET /metrics" && who != nullptr &&
               who->id == "operator";
    });
    REQUIRE(app.start());
    auto client = connect(app.url()).value();
    CHECK(got(client, "/healthz").status == 200);
    CHECK(got(client, "/readyz").status == 200);
    CHECK(got(client, "/metrics").status == 401);
    CHECK(got(client, "/metrics", {{"X-Name", "ann"}}).status == 403);
    CHECK(got(client, "/metrics", {{"X-Name", "operator"}}).status == 200);
}
