// What a server and a client keep must not grow with the number of calls they have made.
#include <tidewire/tidewire.hpp>

#include <catch2/catch.hpp>

#include <unistd.h>

#include <cstdint>
#include <cstdlib>
#include <fstream>
#include <vector>

using namespace tidewire;

namespace {

std::size_t resident_bytes() {
    std::size_t total = 0;
    std::size_t resident = 0;
    std::ifstream("/proc/self/statm") >> total >> resident;
    return resident * static_cast<std::size_t>(::sysconf(_SC_PAGESIZE));
}

// Calls in rounds of 50 at once, so that the pool and the pipeline are used, too.
bool call_many(Client& client, int count) {
    bool right = true;
    for (int done = 0; done < count; done += 50) {
        std::vector<Call<Value>> calls;
        for (int i = 0; i < 50; ++i) calls.push_back(client.call("echo", array({done, i})));
        for (int i = 0; i < 50; ++i) {
            const auto reply = calls[static_cast<std::size_t>(i)].wait();
            right = right && reply && *reply == array({done, i});
        }
    }
    return right;
}

}  // namespace

TEST_CASE("memory after ten times the calls is what it was, for server and client together",
          "[memory]") {
    Server app({.address = "127.0.0.1:0"});
    app.method("echo", [](const Value& args) { return args; });
    REQUIRE(app.start());
    auto client = connect(app.url()).value();
    // A sanitizer keeps freed memory on purpose, so there its size says nothing; fewer calls do.
    const bool sanitized = std::getenv("TIDEWIRE_SANITIZED") != nullptr;
    const bool torture = std::getenv("TIDEWIRE_TORTURE") != nullptr;
    const int first = sanitized ? 500 : torture ? 100'000 : 10'000;
    REQUIRE(call_many(client, first));
    const std::size_t before = resident_bytes();
    REQUIRE(call_many(client, 9 * first));
    REQUIRE(app.stats().requests == static_cast<std::uint64_t>(10 * first));
    REQUIRE((sanitized || resident_bytes() <= before + 2 * 1024 * 1024));
}
