// The server of the conformance tests in C++. README.md tells what every server program does.
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <condition_variable>
#include <cstdlib>
#include <functional>
#include <iostream>
#include <map>
#include <memory>
#include <mutex>
#include <stdexcept>
#include <string>
#include <thread>
#include <tidewire/tidewire.hpp>
#include <vector>

using tidewire::object;
using tidewire::Reply;
using tidewire::Request;
using tidewire::Response;
using tidewire::Result;
using tidewire::StreamReader;
using tidewire::StreamWriter;
using tidewire::Value;

namespace {

// What handlers did, by the tag that their caller gave. Thread-safe.
class Journal {
public:
    void add(const std::string& tag, std::string event) {
        std::lock_guard lock(mutex_);
        events_[tag].emplace_back(std::move(event));
    }
    Value of(const std::string& tag) {
        std::lock_guard lock(mutex_);
        return Value(events_[tag]);
    }

private:
    std::mutex mutex_;
    std::map<std::string, Value::List> events_;
};

// Handlers that wait, each on a thread of its own.
class Threads final : public tidewire::Executor {
public:
    ~Threads() {
        for (auto& thread : threads_) thread.join();
    }
    void run(std::function<void()> work) {
        std::lock_guard lock(mutex_);
        threads_.emplace_back(std::move(work));
    }
    bool post(tidewire::Function<void()> task) override {
        run([task = std::make_shared<tidewire::Function<void()>>(std::move(task))] { (*task)(); });
        return true;
    }

private:
    std::mutex mutex_;
    std::vector<std::thread> threads_;
};

// True when `request` was cancelled before `time` had passed.
bool cancelled_within(const Request& request, std::chrono::milliseconds time) {
    std::mutex mutex;
    std::condition_variable_any changed;
    std::unique_lock lock(mutex);
    const auto token = request.stop_token();
    changed.wait_for(lock, token, time, [] { return false; });
    return token.stop_requested();
}

std::string text_of(const Value& args, std::string_view name) {
    return args[name].as<std::string>().value_or("");
}

struct Program {
    Program(std::string address, std::optional<tidewire::Tls> tls)
        : app({.address = std::move(address),
               .hosts = {"*"},
               .tls = std::move(tls),
               .compression = std::getenv("CONFORMANCE_COMPRESSION") != nullptr
                                  ? std::optional(tidewire::Compression{})
                                  : std::nullopt}) {}

    Journal journal;
    Threads threads;
    tidewire::Server app;

    // Waits until the time has passed, or until the caller is gone.
    void wait(const std::string& name, const std::string& tag, std::chrono::milliseconds time,
              Request request, Reply reply) {
        journal.add(tag, name + " started");
        auto shared = std::make_shared<Reply>(std::move(reply));
        threads.run([this, name, tag, time, request = std::move(request), shared] {
            if (cancelled_within(request, time)) {
                journal.add(tag, name + " cancelled");
            } else {
                journal.add(tag, name + " finished");
                shared->send(Value("late"));
            }
        });
    }
    // A C++ program has no loop of a host: what blocks has a thread, and its server goes on.
    void block(std::chrono::duration<double> time, Reply reply) {
        auto shared = std::make_shared<Reply>(std::move(reply));
        threads.run([time, shared] {
            std::cout << R"({"blocking":true})" << std::endl;
            const auto began = std::chrono::steady_clock::now();
            std::this_thread::sleep_for(time);
            const std::chrono::duration<double> blocked =
                std::chrono::steady_clock::now() - began;
            shared->send(Value(blocked.count()));
        });
    }
    [[noreturn]] void fail(const std::string& tag) {
        journal.add(tag, "throws started");
        throw std::runtime_error("secret of the handler");
    }
    Value stats() const {
        const auto stats = app.stats();
        return object({{"connections", stats.connections},
                       {"connections_accepted", stats.connections_accepted},
                       {"requests", stats.requests},
                       {"requests_cancelled", stats.requests_cancelled},
                       {"protocol_errors", stats.protocol_errors},
                       {"app_stall_seconds", stats.app_stall_seconds}});
    }
};

constexpr std::chrono::hours kForEver{24};

void add_methods(Program& program) {
    auto& app = program.app;
    app.method("add", [](const Value& args) -> Result<Value> {
        const auto a = args["a"].as<std::int64_t>();
        const auto b = args["b"].as<std::int64_t>();
        if (!a) return a.error();
        if (!b) return b.error();
        return Value(*a + *b);
    });
    app.method("echo", [](const Value& args) -> Result<Value> { return args["value"]; });
    app.method("big", [](const Value& args) -> Result<Value> {
        return Value(std::string(args["bytes"].as<std::size_t>().value_or(0), 'x'));
    });
    app.method("slow", [&program](const Value& args, Request request, Reply reply) {
        const std::chrono::milliseconds time(args["ms"].as<int>().value_or(0));
        program.wait("slow", text_of(args, "tag"), time, std::move(request), std::move(reply));
    });
    app.method("never", [&program](const Value& args, Request request, Reply reply) {
        program.wait("never", text_of(args, "tag"), kForEver, std::move(request),
                     std::move(reply));
    });
    app.method("throws", [&program](const Value& args) -> Result<Value> {
        program.fail(text_of(args, "tag"));
    });
    app.method("block", [&program](const Value& args, const Request&, Reply reply) {
        const std::chrono::duration<double> time(args["seconds"].as<double>().value_or(0));
        program.block(time, std::move(reply));
    });
    app.method("events", [&program](const Value& args) -> Result<Value> {
        return program.journal.of(text_of(args, "tag"));
    });
    app.method("stats", [&program](const Value&) -> Result<Value> { return program.stats(); });
}

void add_streams(Program& program) {
    auto& app = program.app;
    const tidewire::MethodOptions waits{.executor = &program.threads};
    app.method("count", waits, [](const Value& args, const Request&, StreamWriter out) {
        const int n = args["n"].as<int>().value_or(0);
        for (int i = 0; i < n; ++i) {
            if (out.send(Value(i)).value() == StreamWriter::Flow::full) out.wait();
        }
        if (args["fail"].as<bool>().value_or(false)) {
            out.fail(tidewire::Error(tidewire::ErrorCode::conflict, "as asked"));
        }
        out.end();
    });
    app.method("ticks", waits,
               [&program](const Value& args, const Request& request, StreamWriter out) {
                   const auto tag = text_of(args, "tag");
                   program.journal.add(tag, "ticks started");
                   for (int i = 0; !cancelled_within(request, std::chrono::milliseconds(5)); ++i) {
                       (void)out.send(Value(i));
                   }
                   program.journal.add(tag, "ticks cancelled");
               });
    app.method("total", waits, [](StreamReader items, const Request&, Reply reply) {
        std::int64_t total = 0;
        while (true) {
            const auto item = items.next();
            if (!item) return (void)reply.fail(item.error());
            if (!*item) break;
            total += (*item)->as<std::int64_t>().value_or(0);
        }
        reply.send(Value(total));
    });
    app.method("double", waits, [](StreamReader items, const Request&, StreamWriter out) {
        while (true) {
            const auto item = items.next();
            if (!item) return out.fail(item.error());
            if (!*item) return out.end();
            (void)out.send(Value((*item)->as<std::int64_t>().value_or(0) * 2));
        }
    });
}

void add_routes(Program& program) {
    auto& app = program.app;
    app.get("/", [&program](const Request& request) {
        program.journal.add("root", std::string(request.method()) + " finished");
        return Response::text("root");
    });
    app.post("/", [&program](const Request& request) {
        program.journal.add("root", "POST finished");
        return Response::bytes(std::string(request.body()), "application/octet-stream");
    });
    app.get("/items/{id}", [](const Request& request) {
        return Response::json(object({{"id", request.param("id")},
                                      {"q", request.query("q").value_or("")}}));
    });
    app.post("/echo", [](const Request& request) {
        return Response::bytes(std::string(request.body()), std::string(request.content_type()));
    });
    app.put("/echo", [](const Request& request) {
        return Response::text(std::to_string(request.body().size()));
    });
    app.del("/items/{id}", [](const Request&) { return Response::empty(); });
    app.get("/big", [](const Request& request) {
        const auto bytes = std::stoul(request.query("bytes").value_or("0"));
        return Response::bytes(std::string(bytes, 'x'), "application/octet-stream");
    });
    app.get("/never", [&program](Request request, Reply reply) {
        const auto tag = request.query("tag").value_or("");
        program.wait("never", tag, kForEver, std::move(request), std::move(reply));
    });
    app.get("/throws", [&program](const Request& request) -> Response {
        program.fail(request.query("tag").value_or(""));
    });
}

}  // namespace

int main(int argc, char** argv) {
    std::optional<tidewire::Tls> tls;
    if (argc > 3) tls = tidewire::Tls{argv[2], argv[3], {}};
    Program program(argc > 1 ? argv[1] : "127.0.0.1:0", std::move(tls));
    add_methods(program);
    add_streams(program);
    add_routes(program);
    if (auto started = program.app.start(); !started) {
        std::cerr << started.error().what() << std::endl;
        return 1;
    }
    std::cout << object({{"url", program.app.url()}, {"pid", getpid()}}).dump().value()
              << std::endl;
    for (std::string line; std::getline(std::cin, line);) {
    }
    return program.app.stop(std::chrono::milliseconds(0)) ? 0 : 1;
}
