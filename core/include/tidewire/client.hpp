// Client: calls methods and any other HTTP/1.1 route of one server, over a pool of kept
// connections.
//
//     auto client = tidewire::connect("http://127.0.0.1:8080").value();
//     auto sum = client.call("add", tidewire::object({{"a", 1}, {"b", 2}})).wait();
//
// Every operation settles: with an answer, or with one of timeout (its deadline passed), cancelled,
// connection_lost (the connection broke before the answer was whole), unavailable (nobody answers
// there, or not with a certificate that is trusted), protocol_error, payload_too_large, closed or
// misuse. The deadline travels with it (`Tidewire-Timeout-Ms`); when it passes, or on cancel(), the
// connection is closed, so that the server's handler is told.
//
// Thread-safe; copies share the pool.
#pragma once

#include <chrono>
#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include <tidewire/call.hpp>
#include <tidewire/headers.hpp>
#include <tidewire/limits.hpp>
#include <tidewire/response.hpp>
#include <tidewire/result.hpp>
#include <tidewire/runtime.hpp>
#include <tidewire/serializer.hpp>
#include <tidewire/stream.hpp>
#include <tidewire/tls.hpp>
#include <tidewire/value.hpp>

namespace tidewire {

struct ClientOptions {
    std::chrono::milliseconds timeout{30'000};          // of each operation that gives none
    std::chrono::milliseconds connect_timeout{10'000};  // of one attempt, TLS handshake included
    std::size_t connections_max = 100;                  // further operations wait for one
    std::chrono::milliseconds idle_timeout{60'000};     // kept connections are closed after it
    Headers headers = {};                               // sent with every request
    Limits limits = {};                                 // body_bytes_max, header_*, json_depth_max
    std::optional<ClientTls> tls = std::nullopt;        // of https:// URLs only
    Serializer serializer = Serializer::json;  // of the arguments and replies of calls
    bool compression = false;  // asks for gzip and deflate (Accept-Encoding), and undoes them
    std::shared_ptr<Runtime> runtime = nullptr;         // its first loop is used
};

struct RequestOptions {
    Headers headers = {};
    std::string body = {};
    std::string content_type = {};
    // Zero or less: no deadline. Absent: ClientOptions::timeout.
    std::optional<std::chrono::milliseconds> timeout = std::nullopt;
};

struct CallOptions {
    std::optional<std::chrono::milliseconds> timeout = std::nullopt;
    Headers headers = {};
    // Absent: ClientOptions::serializer. Streams are JSON.
    std::optional<Serializer> serializer = std::nullopt;
};

// A call whose arguments are a stream.
template <class T>
struct StreamedRequest {
    StreamWriter items;
    Call<T> reply;
};
struct StreamedExchange {
    StreamWriter items;
    StreamReader replies;
};

namespace api {
class ClientImpl;
}

class Client {
public:
    // No connection yet: the first operation makes one. invalid_argument for a URL that is not
    // http(s)://host[:port][/prefix] or unix:/path, and for certificates that are none.
    [[nodiscard]] static Result<Client> create(std::string_view url, ClientOptions options = {});

    // Makes one connection and keeps it: settles `unavailable` when nobody answers.
    [[nodiscard]] Call<void> open();
    // Calls a method by name. An error that the server sent comes back as that Error.
    [[nodiscard]] Call<Value> call(std::string_view method, const Value& args = {},
                                   CallOptions options = {});
    // Any request; any status is a Response. `target` is a path with query, below the URL's prefix.
    [[nodiscard]] Call<Response> request(std::string_view http_method, std::string_view target,
                                         RequestOptions options = {});
    // For language bindings: call() with arguments as they are sent, by the serializer of the
    // options. The Response is the server's, with errors as they came.
    [[nodiscard]] Call<Response> call_raw(std::string_view method, std::string args,
                                          CallOptions options = {});

    // Calls a method whose reply is a stream. The first read tells whether it has begun. Without a
    // timeout of its own it lasts as long as it wants; with one, the last item is in time, too.
    [[nodiscard]] StreamReader stream(std::string_view method, const Value& args = {},
                                      CallOptions options = {});
    // Calls a method whose arguments are a stream: send the items, then end(), and wait for the
    // reply. It may settle before, with an error; the writer is then closed.
    [[nodiscard]] StreamedRequest<Value> call_with_stream(std::string_view method,
                                                          CallOptions options = {});
    // Both are streams. Over HTTP/1.1 most servers reply after the last item only.
    [[nodiscard]] StreamedExchange stream_with_stream(std::string_view method,
                                                      CallOptions options = {});
    // For language bindings, as call_raw(), in JSON.
    [[nodiscard]] StreamReader stream_json(std::string_view method, std::string args_json,
                                           CallOptions options = {});
    [[nodiscard]] StreamedRequest<Response> call_with_stream_json(std::string_view method,
                                                                  CallOptions options = {});

    // Ends every connection: what is under way settles `closed`, what is asked for later `misuse`.
    void close();
    [[nodiscard]] const std::string& url() const noexcept;

private:
    explicit Client(std::shared_ptr<api::ClientImpl> impl);
    std::shared_ptr<api::ClientImpl> impl_;
};

// create() and open(), waiting: fails at once when nobody answers.
[[nodiscard]] Result<Client> connect(std::string_view url, ClientOptions options = {});

}  // namespace tidewire
