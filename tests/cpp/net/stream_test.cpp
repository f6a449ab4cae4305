// Streamed bodies over real sockets: an upload that is sent back while it comes.
#include <catch2/catch.hpp>

#include <memory>
#include <string>

#include "http/pool.hpp"
#include "http/server.hpp"
#include "net/loop.hpp"

using namespace tidewire;
using namespace std::chrono_literals;
using http::Flow;
using http::Piece;

namespace {

constexpr std::size_t kSize = 8 << 20;

char byte_at(std::size_t position) { return static_cast<char>('a' + position % 23); }

// Carries a source to a sink, waiting for whichever is behind.
class Carrier {
public:
    Carrier(http::Source& source, http::BodyWriter writer)
        : source_(source), writer_(std::move(writer)) {
        carry();
    }
    ~Carrier() { source_.forget_waiter(); }
    Carrier(const Carrier&) = delete;
    Carrier& operator=(const Carrier&) = delete;

private:
    void carry() {
        while (true) {
            auto piece = source_.read();
            if (!piece) return writer_.abort(piece.error());
            if (piece->kind == Piece::Kind::end) return writer_.end();
            if (piece->kind == Piece::Kind::pending) return source_.when_readable(waiter_);
            const Flow flow = writer_.write(piece->bytes);
            if (flow == Flow::full) return writer_.when_drained(waiter_);
            if (flow == Flow::closed) return writer_.end();
        }
    }

    http::Source& source_;
    http::BodyWriter writer_;
    base::MemberWaiter<&Carrier::carry> waiter_{*this};
};

class EchoHandler final : public http::ExchangeHandler {
public:
    http::BodyMode on_head(http::Exchange&) override { return http::BodyMode::streamed; }
    void on_exchange(http::Exchange& exchange) override {
        kept = base::Ref<http::Exchange>(&exchange);
        carrier = std::make_unique<Carrier>(exchange.source(),
                                            exchange.stream({200, "a/b", {}, {}}));
    }
    base::Ref<http::Exchange> kept;
    std::unique_ptr<Carrier> carrier;
};

class Uploader {
public:
    explicit Uploader(http::BodyWriter writer) : writer_(std::move(writer)) {}
    void go_on() {
        while (sent_ < kSize) {
            std::string piece(std::min<std::size_t>(10'000, kSize - sent_), ' ');
            for (char& byte : piece) byte = byte_at(sent_++);
            const Flow flow = writer_.write(piece);
            if (flow == Flow::full) return writer_.when_drained(waiter_);
            REQUIRE(flow == Flow::flowing);
        }
        writer_.end();
    }

private:
    http::BodyWriter writer_;
    std::size_t sent_ = 0;
    base::MemberWaiter<&Uploader::go_on> waiter_{*this};
};

// Reads all, but first lets the other side run into its bounds.
class Downloader {
public:
    Downloader(net::NetLoop& loop, http::Operation& operation)
        : loop_(loop), operation_(operation) {}
    void start_in(std::chrono::milliseconds pause) {
        timer_.arm(loop_.timers(), loop_.now() + pause);
    }
    void go_on() {
        while (true) {
            auto piece = operation_.source().read();
            if (!piece || piece->kind == Piece::Kind::end) {
                whole = static_cast<bool>(piece);
                return loop_.stop();
            }
            if (piece->kind == Piece::Kind::pending) {
                return operation_.source().when_readable(waiter_);
            }
            for (const char byte : piece->bytes) right = right && byte == byte_at(received++);
        }
    }
    std::size_t received = 0;
    bool right = true;
    bool whole = false;

private:
    net::NetLoop& loop_;
    http::Operation& operation_;
    base::MemberWaiter<&Downloader::go_on> waiter_{*this};
    base::Timer timer_{waiter_};
};

}  // namespace

TEST_CASE("an upload is echoed over sockets while it comes, at the pace of a slow reader") {
    net::NetLoop loop;
    EchoHandler handler;
    http::Server server(loop, {}, handler);
    const auto port = server.listen({"127.0.0.1", 0, false}).value();
    http::PoolOptions options;
    options.url = {"http", "127.0.0.1", port, ""};
    http::Pool pool(loop, std::move(options));
    const auto operation = base::make_ref<http::Operation>();
    operation->method = "POST";
    operation->target = "/";
    operation->stream_response = true;
    operation->timeout = 30s;
    Uploader uploader(operation->stream_request(loop));
    Downloader downloader(loop, *operation);
    operation->done = [&](Result<Response> response) {
        REQUIRE(response);
        downloader.start_in(50ms);
    };
    pool.submit(operation);
    uploader.go_on();
    loop.run();
    CHECK(downloader.whole);
    CHECK(downloader.right);
    CHECK(downloader.received == kSize);
}
