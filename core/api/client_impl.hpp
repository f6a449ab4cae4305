// The wiring behind tidewire::Client: one Pool on one loop, reached by posting.
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include <tidewire/client.hpp>

#include "api/runtime_impl.hpp"
#include "base/ref.hpp"
#include "base/tls.hpp"
#include "codec/url.hpp"
#include "http/pool.hpp"

namespace tidewire::api {

class ClientImpl {
public:
    ClientImpl(codec::Url url, ClientOptions options, std::shared_ptr<base::TlsClient> tls);
    ~ClientImpl();
    ClientImpl(const ClientImpl&) = delete;
    ClientImpl& operator=(const ClientImpl&) = delete;

    // Any thread. `settle` gets the result on the loop, or here when the loop has ended; what it
    // gives cancels the operation. With `open` the request is streamed, by the writer that `open`
    // is given on the loop.
    using OpenBody = Function<void(http::BodyWriter)>;
    Function<void()> submit(base::Ref<http::Operation> operation, http::Operation::Done settle,
                            OpenBody open = {});
    [[nodiscard]] const std::shared_ptr<base::Inbox>& inbox() const { return loop_.inbox(); }
    void close();

    [[nodiscard]] const ClientOptions& options() const noexcept { return options_; }
    [[nodiscard]] const std::string& prefix() const noexcept { return prefix_; }
    [[nodiscard]] const std::string& url() const noexcept { return url_; }
    // The client's own headers and the operation's, which win; misuse of fields that are the
    // connection's own is invalid_argument.
    Result<void> fill_headers(http::Operation& operation, const Headers& own) const;
    // Of a call, what its reply is to be: a method that gives something else then does not begin.
    static void want(http::Operation& operation, std::string_view type);
    void fill_timeout(http::Operation& operation,
                      std::optional<std::chrono::milliseconds> timeout) const;

private:
    const ClientOptions options_;
    const std::string url_;
    const std::string prefix_;
    std::shared_ptr<Runtime> runtime_;
    base::Loop& loop_;
    std::shared_ptr<http::Pool> pool_;  // used and destroyed on the loop
};

}  // namespace tidewire::api
