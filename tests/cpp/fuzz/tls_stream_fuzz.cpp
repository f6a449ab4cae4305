// Somebody between a client and a server of TLS changes, drops, repeats and cuts what they send:
// neither ever tells its owner a byte that the other did not write, nor anything after the break.

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "cpp/fuzz/fuzz.hpp"
#include "net/tls/client.hpp"
#include "net/tls/server.hpp"
#include "support/certificates.hpp"
#include "support/sim_runtime.hpp"

using namespace tidewire;
using testing::SimLoop;
using testing::SimPeer;
using testing::SimStream;

namespace {

const std::string kPlainAnswer = "plain";
const std::string kSaid(40'000, 's');

struct End : base::StreamEvents {
    void take(std::unique_ptr<base::ByteStream> given) {
        stream = std::move(given);
        stream->start(*this);
        stream->write(kSaid);
    }
    void on_bytes(std::string_view bytes) override {
        fuzz::require(!over, "bytes after the end");
        received += bytes;
        fuzz::require(kSaid.starts_with(received), "bytes that nobody wrote");
    }
    void on_end() override { over = true; }
    void on_drained() override {}
    void on_broken(const Error&) override {
        fuzz::require(!broken, "broken twice");
        broken = over = true;
    }
    std::unique_ptr<base::ByteStream> stream;
    std::string received;
    bool over = false;
    bool broken = false;
};

struct Net : private base::AcceptEvents {
    explicit Net(SimLoop& given) : loop(given), acceptor(*loop.listen({"h", 443, false}, *this)) {}
    void on_accepted(std::unique_ptr<base::ByteStream> stream) override {
        to_client = std::make_unique<SimPeer>(std::move(stream));
    }
    SimLoop& loop;
    std::unique_ptr<base::Acceptor> acceptor;
    std::unique_ptr<SimPeer> to_client;
};

// Passes on what one side sent, as the next bytes of the input say: [what to do, where].
void pass(SimPeer& from, SimPeer& to, std::string_view& orders) {
    std::string bytes = from.take();
    if (bytes.empty()) return;
    if (orders.size() >= 2) {
        const auto what = static_cast<std::uint8_t>(orders[0]);
        const std::size_t where = static_cast<std::uint8_t>(orders[1]) * bytes.size() / 256;
        orders.remove_prefix(2);
        switch (what % 8) {
            case 0: bytes[where] = static_cast<char>(bytes[where] ^ (1 << (what >> 5))); break;
            case 1: bytes.erase(where); break;
            case 2: bytes += bytes.substr(where); break;
            case 3: bytes.insert(where, orders.substr(0, what)); break;
            case 4: to.stream->bytes_per_turn = where + 1; break;
            case 5: to.stream->end(); return;
            default: break;
        }
    }
    to.send(bytes);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    static const auto server = net::tls::Server::make(testing::server_tls()).value();
    std::string_view orders = fuzz::text_of(data, size);
    SimLoop loop;
    Net net(loop);
    const auto client = net::tls::Client::make(testing::trusting_tls(), "localhost").value();
    End asking;
    const auto dialing =
        client->dial(loop, "localhost", 443, std::chrono::seconds(10), [&](auto stream) {
            if (stream) asking.take(std::move(*stream));
        });
    loop.run();
    auto [near, far] = SimStream::pair(loop);
    SimPeer to_server(std::move(near));
    End serving;
    serving.take(server->accept(loop, std::move(far), std::chrono::seconds(10), kPlainAnswer));
    for (int round = 0; round < 12; ++round) {
        pass(*net.to_client, to_server, orders);
        loop.run();
        pass(to_server, *net.to_client, orders);
        loop.run();
        if (orders.size() % 5 == 1 && serving.stream) serving.stream->pause();
        if (orders.size() % 5 == 2 && serving.stream) serving.stream->resume();
    }
    loop.advance(std::chrono::seconds(30));
    asking.stream.reset();
    serving.stream.reset();
    return 0;
}
