// The hello server of the benchmarks, natively: one route, one loop.
#include <csignal>
#include <cstdio>
#include <string>

#include <tidewire/tidewire.hpp>

int main(int count, char** words) {
    if (count != 2) {
        std::fputs("usage: bench_hello PORT\n", stderr);
        return 2;
    }
    // Blocked before the loops start, so that only sigwait below sees them.
    sigset_t ends;
    sigemptyset(&ends);
    sigaddset(&ends, SIGINT);
    sigaddset(&ends, SIGTERM);
    pthread_sigmask(SIG_BLOCK, &ends, nullptr);

    tidewire::Server app{{.address = std::string("127.0.0.1:") + words[1]}};
    // A constant body, as the raw loop and nginx send: this row is about HTTP, not about JSON.
    app.get("/hello", [](const tidewire::Request&) {
        return tidewire::Response::bytes(R"({"hello":"world"})", "application/json");
    });
    if (const auto started = app.start(); !started) {
        std::fprintf(stderr, "bench_hello: %s\n", started.error().what());
        return 1;
    }
    int signal = 0;
    sigwait(&ends, &signal);
    return app.stop() ? 0 : 1;
}
