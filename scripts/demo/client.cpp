// Asks servers for their machine's figures, by route and by method:
//
//     demo_client URL...
//
// Prints a line of JSON for each: who asked whom, and the median latency of 50 calls. Ends with 1
// when one of them failed.
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <string>
#include <vector>

#include <tidewire/tidewire.hpp>

using namespace tidewire;
using Clock = std::chrono::steady_clock;

namespace {

constexpr int kCalls = 50;

void require(bool holds, const char* what) {
    if (!holds) throw Error(ErrorCode::invalid_data, what);
}

// value() of an error throws that Error; main() prints it.
Value ask(const std::string& url) {
    auto client = connect(url).value();
    const auto sum = client.call("add", object({{"a", 1}, {"b", 2}})).wait().value();
    require(sum == Value(3), "1 and 2 do not add up");
    const auto cpu = client.request("GET", "/machine/cpu").wait().value().json().value();
    require(cpu["cores"].as<int>().value() > 0, "a machine without a core");

    Value server;
    std::vector<double> latencies;
    for (int i = 0; i < kCalls; ++i) {
        const auto started = Clock::now();
        if (i % 2 == 0) {
            auto response = client.request("GET", "/machine").wait().value();
            response.error().value();
            server = response.json().value()["server"];
        } else {
            require(client.call("machine").wait().value()["server"] == server,
                    "another server answered");
        }
        latencies.push_back(
            std::chrono::duration<double, std::milli>(Clock::now() - started).count());
    }
    std::nth_element(latencies.begin(), latencies.begin() + kCalls / 2, latencies.end());
    return object({{"client", object({{"language", "C++"}, {"pid", getpid()}})},
                   {"server", server},
                   {"median_ms", latencies[kCalls / 2]}});
}

}  // namespace

int main(int count, char** words) {
    int failed = 0;
    for (const std::string& url : std::vector<std::string>(words + 1, words + count)) {
        try {
            std::puts(ask(url).dump().value().c_str());
        } catch (const Error& error) {
            ++failed;
            const auto text = std::string(error.name()) + ": " + std::string(error.message());
            std::puts(object({{"url", url}, {"error", text}}).dump().value().c_str());
        }
        std::fflush(stdout);
    }
    return failed == 0 ? 0 : 1;
}
