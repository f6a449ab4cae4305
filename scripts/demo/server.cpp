// Serves this machine's live figures by route and by method:
//
//     demo_server [HOST:PORT]        (127.0.0.1:0 takes a free port)
//
// Prints its URL, and ends on SIGINT or SIGTERM when what is under way has been answered.
#include <csignal>
#include <cstdint>
#include <cstdio>

#include <tidewire/tidewire.hpp>

#include "machine.hpp"

using namespace tidewire;

int main(int count, char** words) {
    // Blocked before the loops start, so that only sigwait() below sees them.
    sigset_t ends;
    sigemptyset(&ends);
    sigaddset(&ends, SIGINT);
    sigaddset(&ends, SIGTERM);
    pthread_sigmask(SIG_BLOCK, &ends, nullptr);

    Server app{{.address = count > 1 ? words[1] : "127.0.0.1:0"}};
    app.get("/machine", [](const Request&) { return Response::json(machine()); });
    app.get("/machine/{part}", [](const Request& request) {
        const auto part = machine_part(request.param("part"));
        return part ? Response::json(*part) : Response::problem(part.error());
    });
    app.method("machine", [](const Value&) { return machine(); });
    app.method("add", [](const Value& args) -> Result<Value> {
        const auto a = args["a"].as<std::int32_t>();
        const auto b = args["b"].as<std::int32_t>();
        if (!a || !b) return Error(ErrorCode::invalid_argument, "a and b are integers of 32 bits");
        return Value(std::int64_t{*a} + *b);
    });
    if (const auto started = app.start(); !started) {
        std::fprintf(stderr, "demo_server: %s\n", started.error().what());
        return 1;
    }
    std::puts(app.url().c_str());
    std::fflush(stdout);

    int signal = 0;
    sigwait(&ends, &signal);
    return app.stop() ? 0 : 1;
}
