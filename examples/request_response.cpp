// Request-response: a server with a route and a method, and a client that uses both.
#include <iostream>

#include <tidewire/tidewire.hpp>

using namespace tidewire;

int main() {
    Server app{{.address = "127.0.0.1:0"}};
    app.get("/users/{id}", [](const Request& request) {
        return Response::json(object({{"id", request.param("id")}}));
    });
    app.method("add", [](const Value& args) -> Result<Value> {
        const auto a = args["a"].as<int>(), b = args["b"].as<int>();
        if (!a || !b) return Error(ErrorCode::invalid_argument, "a and b are integers");
        return Value(*a + *b);
    });
    app.start().value();

    auto client = connect(app.url()).value();
    std::cout << client.request("GET", "/users/7").wait().value().body << '\n';
    std::cout << client.call("add", object({{"a", 1}, {"b", 2}})).wait().value().dump().value();
    std::cout << '\n';
}
