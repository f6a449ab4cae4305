// A program of a user who has installed the library: one server, one call, over real HTTP.
#include <cstdio>

#include <tidewire/tidewire.hpp>

int main() {
    tidewire::Server app{{.address = "127.0.0.1:0"}};
    app.method("add", [](const tidewire::Value& args) -> tidewire::Result<tidewire::Value> {
        return tidewire::Value(args["a"].as<int>().value_or(0) + args["b"].as<int>().value_or(0));
    });
    if (const auto started = app.start(); !started) return 1;

    auto client = tidewire::connect(app.url());
    if (!client) return 2;
    const auto args = tidewire::object({{"a", 1}, {"b", 2}});
    const auto sum = client->call("add", args).wait();
    if (!sum) return 3;
    std::printf("add=%d version=%s\n", sum->as<int>().value_or(-1), tidewire::kVersion);
    return 0;
}
