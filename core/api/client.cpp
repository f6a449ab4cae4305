#include <tidewire/client.hpp>

#include <utility>

#include "api/client_impl.hpp"
#include "codec/http1/writer.hpp"
#include "net/tls/client.hpp"
#include "patterns/request_response/client.hpp"
#include "patterns/request_response/values.hpp"

namespace tidewire {
namespace api {
namespace {

http::PoolOptions pool_options(codec::Url url, const ClientOptions& options,
                               std::shared_ptr<base::TlsClient> tls) {
    http::PoolOptions pool;
    pool.tls = std::move(tls);
    pool.url = std::move(url);
    pool.connect_timeout = options.connect_timeout;
    pool.idle_timeout = options.idle_timeout;
    pool.connections_max = options.connections_max;
    pool.limits = {options.limits.request_line_bytes_max, options.limits.header_bytes_max,
                   options.limits.header_fields_max, options.limits.body_bytes_max};
    if (options.compression) {
        pool.inflate = {options.limits.body_bytes_max, options.limits.inflate_ratio_max};
    }
    return pool;
}

std::string url_text(const codec::Url& url) {
    if (url.scheme == "unix") return "unix:" + url.host;
    return url.scheme + "://" + url.authority() + url.path;
}

bool target_ok(std::string_view target) {
    if (!target.starts_with('/')) return false;
    for (const char c : target) {
        const auto byte = static_cast<unsigned char>(c);
        if (byte <= 0x20 || byte >= 0x7f || c == '#') return false;
    }
    return true;
}

}  // namespace

ClientImpl::ClientImpl(codec::Url url, ClientOptions options,
                       std::shared_ptr<base::TlsClient> tls)
    : options_(std::move(options)),
      url_(url_text(url)),
      prefix_(url.path),
      runtime_(options_.runtime ? options_.runtime : Runtime::create(1)),
      loop_(runtime_->impl().loop(0)),
      pool_(std::make_shared<http::Pool>(
          loop_, pool_options(std::move(url), options_, std::move(tls)))) {}

ClientImpl::~ClientImpl() {
    if (runtime_->impl().forked()) {
        new std::shared_ptr<http::Pool>(std::move(pool_));  // see ServerImpl
        return;
    }
    // The pool lives on the loop and ends there, later even if this is the loop: we may be inside
    // one of its callbacks.
    auto pool = std::move(pool_);
    (void)loop_.inbox()->post([pool = std::move(pool)] { pool->close(); });
}

Function<void()> ClientImpl::submit(base::Ref<http::Operation> operation,
                                    http::Operation::Done settle, OpenBody open) {
    if (runtime_->impl().forked()) {
        settle(Error(ErrorCode::misuse, "used in a child of fork()"));
        return {};
    }
    const auto inbox = loop_.inbox();
    const bool posted = inbox->post(
        [pool = pool_, operation, settle = std::move(settle), open = std::move(open)]() mutable {
            operation->done = std::move(settle);
            if (open) open(operation->stream_request(pool->loop()));
            pool->submit(std::move(operation));
        });
    if (!posted) return {};
    return [inbox, operation] {
        (void)inbox->post([operation] { operation->cancel(); });
    };
}

void ClientImpl::close() {
    (void)loop_.inbox()->post([pool = pool_] { pool->close(); });
}

Result<void> ClientImpl::fill_headers(http::Operation& operation, const Headers& own) const {
    const auto check = [](std::string_view name) -> Result<void> {
        if (!codec::http1::framing_field(name)) return {};
        return Error(ErrorCode::invalid_argument,
                     "header " + std::string(name) + " is the connection's own");
    };
    for (std::size_t i = 0; i < options_.headers.size(); ++i) {
        const auto field = options_.headers[i];
        if (own.get(field.name)) continue;
        if (auto ok = check(field.name); !ok) return ok;
        operation.headers.add_unchecked(field.name, field.value);
    }
    for (std::size_t i = 0; i < own.size(); ++i) {
        if (auto ok = check(own[i].name); !ok) return ok;
        operation.headers.add_unchecked(own[i].name, own[i].value);
    }
    return {};
}

void ClientImpl::want(http::Operation& operation, std::string_view type) {
    if (!operation.headers.get("accept")) operation.headers.add_unchecked("Accept", type);
}

void ClientImpl::fill_timeout(http::Operation& operation,
                              std::optional<std::chrono::milliseconds> timeout) const {
    operation.timeout = timeout.value_or(options_.timeout);
}

}  // namespace api

namespace {

template <class T>
Call<T> failed(const Error& error) {
    auto state = std::make_shared<typename Call<T>::State>();
    state->settle(error);
    return Call<T>(std::move(state));
}

// The server knows our deadline and answers 504 at the same moment as we give up. Which of the two
// is first is a matter of microseconds, so both come out as `timeout`.
Result<Response> by_own_clock(Result<Response> response, std::chrono::milliseconds timeout,
                              std::chrono::steady_clock::time_point began) {
    constexpr std::chrono::milliseconds kSameMoment{50};
    if (!response || response->status != 504 || timeout.count() <= 0) return response;
    if (std::chrono::steady_clock::now() - began < timeout - kSameMoment) return response;
    const auto error = response->error();
    if (error.error().code() != ErrorCode::timeout) return response;
    return error.error();
}

// The duty to settle a call. Dropped, for example with a loop that ends, it settles `closed`.
template <class T>
class Settler {
public:
    explicit Settler(std::shared_ptr<typename Call<T>::State> state) : state_(std::move(state)) {}
    Settler(Settler&&) noexcept = default;
    Settler& operator=(Settler&&) = delete;
    Settler(const Settler&) = delete;
    ~Settler() {
        if (state_) state_->settle(Error(ErrorCode::closed, "the client's loop has ended"));
    }
    void settle(Result<T> result) { std::exchange(state_, nullptr)->settle(std::move(result)); }

private:
    std::shared_ptr<typename Call<T>::State> state_;
};

// Sends and makes the Call that `convert` turns the response into.
template <class T, class Convert>
Call<T> start(api::ClientImpl& impl, base::Ref<http::Operation> operation, Convert convert) {
    auto state = std::make_shared<typename Call<T>::State>();
    auto cancel = impl.submit(
        std::move(operation),
        [settler = Settler<T>(state), convert](Result<Response> response) mutable {
            settler.settle(convert(std::move(response)));
        });
    if (cancel) state->on_cancel(std::move(cancel));
    return Call<T>(std::move(state));
}

}  // namespace

Client::Client(std::shared_ptr<api::ClientImpl> impl) : impl_(std::move(impl)) {}

Result<Client> Client::create(std::string_view url, ClientOptions options) {
    auto parsed = codec::parse_url(url);
    if (!parsed) return parsed.error();
    const std::string& scheme = parsed->scheme;
    if (scheme != "http" && scheme != "https" && scheme != "unix") {
        return Error(ErrorCode::invalid_argument, "URL scheme " + scheme +
                                                      " is not supported; use http://, https:// "
                                                      "or unix:/path");
    }
    if (options.runtime && !options.runtime->alive()) {
        return Error(ErrorCode::misuse, "the runtime has stopped or was forked");
    }
    std::shared_ptr<base::TlsClient> tls;
    if (parsed->scheme == "https") {
        auto made = net::tls::Client::make(options.tls.value_or(ClientTls{}), parsed->host);
        if (!made) return made.error();
        tls = std::move(*made);
    } else if (options.tls) {
        return Error(ErrorCode::invalid_argument, "tls is for https:// URLs");
    }
    return Client(std::make_shared<api::ClientImpl>(std::move(*parsed), std::move(options),
                                                    std::move(tls)));
}

Call<void> Client::open() {
    auto operation = base::make_ref<http::Operation>();
    impl_->fill_timeout(*operation, std::nullopt);
    return start<void>(*impl_, std::move(operation), [](Result<Response> response) -> Result<void> {
        if (!response) return response.error();
        return {};
    });
}

Call<Response> Client::request(std::string_view http_method, std::string_view target,
                               RequestOptions options) {
    auto operation = base::make_ref<http::Operation>();
    if (http_method.empty() || !api::target_ok(target)) {
        return failed<Response>(Error(ErrorCode::invalid_argument,
                                      "a request needs a method, and a target that begins with / "
                                      "and is %-encoded"));
    }
    for (const char c : http_method) {
        if (c < 'A' || c > 'Z') {
            return failed<Response>(
                Error(ErrorCode::invalid_argument, "an HTTP method is of A-Z"));
        }
    }
    Headers checked;  // Content-Type is text of the caller's, too
    if (auto ok = checked.add("content-type", options.content_type); !ok) {
        return failed<Response>(ok.error());
    }
    if (auto ok = impl_->fill_headers(*operation, options.headers); !ok) {
        return failed<Response>(ok.error());
    }
    operation->method = http_method;
    operation->target = impl_->prefix() + std::string(target);
    operation->content_type = std::move(options.content_type);
    operation->body = std::move(options.body);
    impl_->fill_timeout(*operation, options.timeout);
    const auto timeout = operation->timeout;
    const auto began = std::chrono::steady_clock::now();
    return start<Response>(*impl_, std::move(operation),
                           [timeout, began](Result<Response> response) {
                               return by_own_clock(std::move(response), timeout, began);
                           });
}

namespace {

Result<base::Ref<http::Operation>> prepare_call(const api::ClientImpl& impl,
                                                std::string_view method, std::string args,
                                                const CallOptions& options) {
    const auto serializer = options.serializer.value_or(impl.options().serializer);
    auto operation = base::make_ref<http::Operation>();
    if (auto ok = patterns::request_response::fill_call(*operation, impl.prefix(), method,
                                                        std::move(args), serializer);
        !ok) {
        return ok.error();
    }
    if (auto ok = impl.fill_headers(*operation, options.headers); !ok) return ok.error();
    api::ClientImpl::want(*operation, serializer == Serializer::json
                                          ? "application/json"
                                          : "application/capnp, application/json;q=0.5");
    impl.fill_timeout(*operation, options.timeout);
    return operation;
}

}  // namespace

Call<Response> Client::call_raw(std::string_view method, std::string args, CallOptions options) {
    auto operation = prepare_call(*impl_, method, std::move(args), options);
    if (!operation) return failed<Response>(operation.error());
    return start<Response>(*impl_, std::move(*operation),
                           [](Result<Response> response) { return response; });
}

Call<Value> Client::call(std::string_view method, const Value& args, CallOptions options) {
    const auto serializer = options.serializer.value_or(impl_->options().serializer);
    Result<std::string> body = std::string();  // no arguments, no body
    if (!args.is_null()) body = patterns::request_response::write_value(args, serializer);
    if (!body) return failed<Value>(body.error());
    auto operation = prepare_call(*impl_, method, std::move(*body), options);
    if (!operation) return failed<Value>(operation.error());
    const JsonOptions limits{impl_->options().limits.json_depth_max};
    return start<Value>(*impl_, std::move(*operation), [limits](Result<Response> response) {
        return patterns::request_response::reply_value(std::move(response), limits);
    });
}

void Client::close() { impl_->close(); }
const std::string& Client::url() const noexcept { return impl_->url(); }

Result<Client> connect(std::string_view url, ClientOptions options) {
    auto client = Client::create(url, std::move(options));
    if (!client) return client;
    if (auto opened = client->open().wait(); !opened) return opened.error();
    return client;
}

}  // namespace tidewire
