// The client of the conformance tests in C++. README.md tells what every client program does.
#include <charconv>
#include <chrono>
#include <iostream>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <tidewire/tidewire.hpp>
#include <vector>

using tidewire::Result;
using tidewire::Value;

namespace {

std::mutex output;

void print(Value::Map line) {
    std::lock_guard lock(output);
    std::cout << Value(std::move(line)).dump().value() << std::endl;
}

std::string to_hex(std::string_view bytes) {
    static constexpr char kDigits[] = "0123456789abcdef";
    std::string hex;
    hex.reserve(bytes.size() * 2);
    for (const char c : bytes) {
        const auto byte = static_cast<unsigned char>(c);
        hex += kDigits[byte >> 4];
        hex += kDigits[byte & 15];
    }
    return hex;
}

std::string from_hex(std::string_view hex) {
    std::string bytes(hex.size() / 2, '\0');
    for (std::size_t i = 0; i < bytes.size(); ++i) {
        unsigned char byte = 0;
        std::from_chars(hex.data() + 2 * i, hex.data() + 2 * i + 2, byte, 16);
        bytes[i] = static_cast<char>(byte);
    }
    return bytes;
}

// {"$int": "123"} stands for the integer, so that a harness in any language can write it.
Value untagged(const Value& value) {
    if (const auto* list = value.get_if<Value::List>()) {
        Value::List out;
        for (const auto& element : *list) out.push_back(untagged(element));
        return out;
    }
    const auto* map = value.get_if<Value::Map>();
    if (map == nullptr) return value;
    if (map->size() == 1 && map->front().first == "$int") {
        return Value::parse(map->front().second.as<std::string>().value()).value();
    }
    Value::Map out;
    for (const auto& [name, member] : *map) out.emplace_back(name, untagged(member));
    return out;
}

void print_error(std::int64_t id, const tidewire::Error& error) {
    print({{"id", id}, {"error", error.name()}, {"message", error.message()}});
}

void print_response(std::int64_t id, const tidewire::Response& response) {
    const auto error = response.error();
    Value::List headers;
    for (std::size_t i = 0; i < response.headers.size(); ++i) {
        const auto field = response.headers[i];
        headers.emplace_back(tidewire::array({field.name, field.value}));
    }
    print({{"id", id},
           {"status", response.status},
           {"content_type", response.content_type},
           {"headers", std::move(headers)},
           {"body_hex", to_hex(response.body)},
           {"code", error ? Value() : Value(error.error().name())}});
}

std::optional<std::chrono::milliseconds> timeout_of(const Value& command) {
    const auto ms = command["timeout_ms"].as<int>();
    if (!ms) return std::nullopt;
    return std::chrono::milliseconds(*ms);
}

std::optional<tidewire::Serializer> serializer_of(const Value& command) {
    const auto name = command["serializer"].as<std::string>();
    if (!name) return std::nullopt;
    return *name == "capnp" ? tidewire::Serializer::capnp : tidewire::Serializer::json;
}

tidewire::Headers headers_of(const Value& command) {
    tidewire::Headers headers;
    if (const auto* fields = command["headers"].get_if<Value::Map>()) {
        for (const auto& [name, value] : *fields) {
            headers.add(name, value.as<std::string>().value()).value();
        }
    }
    return headers;
}

class Program {
public:
    void run(const Value& command) {
        const auto id = command["id"].as<std::int64_t>().value();
        const auto what = command["do"].as<std::string>().value();
        if (what == "connect") {
            connect(id, command);
        } else if (what == "call") {
            call(id, command);
        } else if (what == "request") {
            request(id, command);
        } else if (what == "upload") {
            upload(id, command);
        } else if (what == "stream") {
            threads_.emplace_back([this, id, command] { stream(id, command); });
        } else if (what == "cancel") {
            if (auto found = cancels_.find(command["of"].as<std::int64_t>().value());
                found != cancels_.end()) {
                found->second();
            }
        } else if (what == "close") {
            client_->close();
            print({{"id", id}, {"value", Value()}});
        }
    }
    void close() {
        for (auto& thread : threads_) thread.join();
        if (client_) client_->close();
    }

private:
    void connect(std::int64_t id, const Value& command) {
        tidewire::ClientOptions options;
        if (auto ca = command["ca"].as<std::string>()) {
            options.tls = tidewire::ClientTls{.ca = *std::move(ca)};
        }
        options.compression = command["compression"].as<bool>().value_or(false);
        auto client = tidewire::connect(command["url"].as<std::string>().value(), options);
        if (!client) return print_error(id, client.error());
        client_ = *std::move(client);
        print({{"id", id}, {"value", client_->url()}});
    }
    void call(std::int64_t id, const Value& command) {
        auto call = client_->call(command["method"].as<std::string>().value(),
                                  untagged(command["args"]),
                                  {.timeout = timeout_of(command),
                                   .headers = headers_of(command),
                                   .serializer = serializer_of(command)});
        cancels_[id] = [call]() mutable { call.cancel(); };
        call.then([id](Result<Value> result) {
            if (!result) return print_error(id, result.error());
            print({{"id", id}, {"value", *std::move(result)}});
        });
    }
    void request(std::int64_t id, const Value& command) {
        tidewire::RequestOptions options{.headers = headers_of(command),
                                         .timeout = timeout_of(command)};
        options.content_type = command["content_type"].as<std::string>().value_or("");
        options.body = from_hex(command["body_hex"].as<std::string>().value_or(""));
        options.body += std::string(command["fill"].as<std::size_t>().value_or(0), 'x');
        auto call = client_->request(command["method"].as<std::string>().value(),
                                     command["target"].as<std::string>().value(),
                                     std::move(options));
        cancels_[id] = [call]() mutable { call.cancel(); };
        call.then([id](Result<tidewire::Response> result) {
            if (!result) return print_error(id, result.error());
            print_response(id, *result);
        });
    }

    static void send_all(const Value& items, tidewire::StreamWriter& writer) {
        const auto send = [&writer](const Value& item) {
            const auto flow = writer.send(item);
            if (flow && *flow == tidewire::StreamWriter::Flow::full) writer.wait();
        };
        if (const auto* list = items.get_if<Value::List>()) {
            for (const auto& item : *list) send(untagged(item));
        }
        const auto count = items.as<std::int64_t>().value_or(0);
        for (std::int64_t i = 0; i < count; ++i) send(Value(i));
        writer.end();
    }
    void upload(std::int64_t id, const Value& command) {
        auto [items, reply] = client_->call_with_stream(
            command["method"].as<std::string>().value(), {.timeout = timeout_of(command)});
        cancels_[id] = [reply]() mutable { reply.cancel(); };
        reply.then([id](Result<Value> result) {
            if (!result) return print_error(id, result.error());
            print({{"id", id}, {"value", *std::move(result)}});
        });
        threads_.emplace_back([items = std::move(items), all = command["items"]]() mutable {
            send_all(all, items);
        });
    }
    void stream(std::int64_t id, const Value& command) {
        const auto method = command["method"].as<std::string>().value();
        const tidewire::CallOptions options{.timeout = timeout_of(command)};
        tidewire::StreamReader reader;
        if (command["items"].is_null()) {
            reader = client_->stream(method, untagged(command["args"]), options);
        } else {
            auto both = client_->stream_with_stream(method, options);
            send_all(command["items"], both.items);
            reader = std::move(both.replies);
        }
        Value::List found;
        const auto most = command["take"].as<std::size_t>().value_or(static_cast<std::size_t>(-1));
        while (found.size() < most) {
            auto item = reader.next();
            if (!item) {
                return print({{"id", id},
                              {"items", std::move(found)},
                              {"error", item.error().name()},
                              {"message", item.error().message()}});
            }
            if (!*item) break;
            found.push_back(std::move(**item));
        }
        print({{"id", id}, {"items", std::move(found)}});
    }

    std::vector<std::thread> threads_;
    std::optional<tidewire::Client> client_;
    std::map<std::int64_t, tidewire::Function<void()>> cancels_;
};

}  // namespace

int main() {
    constexpr tidewire::JsonOptions kDeep{.depth_max = 1000};
    Program program;
    for (std::string line; std::getline(std::cin, line);) {
        program.run(Value::parse(line, kDeep).value());
    }
    program.close();
    return 0;
}
