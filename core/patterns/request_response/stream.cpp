// The public handles: tidewire/stream.hpp.
#include <tidewire/stream.hpp>

#include <chrono>
#include <condition_variable>
#include <mutex>
#include <utility>

#include <tidewire/executor.hpp>

#include "http/exchange.hpp"
#include "patterns/request_response/item_sink.hpp"
#include "patterns/request_response/item_source.hpp"
#include "patterns/request_response/reply_sink.hpp"
#include "patterns/request_response/request_source.hpp"

namespace tidewire {

namespace request_response = patterns::request_response;

namespace {

// One value that a loop will give, or that will never come since the loop has ended.
template <class T>
class Later {
public:
    [[nodiscard]] Function<void(T)> settler() {
        return [shared = shared_](T value) {
            std::lock_guard lock(shared->mutex);
            shared->value.emplace(std::move(value));
            shared->came.notify_one();
        };
    }
    template <class Alive>
    [[nodiscard]] std::optional<T> wait(Alive alive) {
        constexpr std::chrono::seconds kLook{1};
        std::unique_lock lock(shared_->mutex);
        while (!shared_->came.wait_for(lock, kLook, [&] { return shared_->value.has_value(); })) {
            if (!alive()) break;
        }
        return std::move(shared_->value);
    }

private:
    struct Shared {
        std::mutex mutex;
        std::condition_variable came;
        std::optional<T> value;
    };
    const std::shared_ptr<Shared> shared_ = std::make_shared<Shared>();
};

}  // namespace

StreamWriter::StreamWriter() noexcept = default;
StreamWriter::StreamWriter(std::shared_ptr<request_response::ItemSink> sink) noexcept
    : sink_(std::move(sink)) {}
StreamWriter::StreamWriter(const Request& request, Reply reply) {
    if (!reply) return;
    sink_ = std::make_shared<request_response::ReplySink>(
        base::Ref<http::Exchange>(request.exchange()));
    reply.give_over();
}
StreamWriter::StreamWriter(StreamWriter&& other) noexcept = default;
StreamWriter& StreamWriter::operator=(StreamWriter&& other) noexcept {
    StreamWriter old(std::exchange(sink_, std::move(other.sink_)));
    return *this;
}
StreamWriter::~StreamWriter() {
    if (sink_) sink_->fail(Error(ErrorCode::internal, "the stream broke off"));
}

Result<StreamWriter::Flow> StreamWriter::send(const Value& item) {
    auto json = item.dump();
    if (!json) return json.error();
    return send_json(*json);
}

StreamWriter::Flow StreamWriter::send_json(std::string_view json) {
    return sink_ ? sink_->send(json) : Flow::closed;
}

void StreamWriter::when_drained(Function<void()> ring) {
    if (sink_) return sink_->when_drained(std::move(ring));
    ring();
}

StreamWriter::Flow StreamWriter::wait() {
    if (!sink_) return Flow::closed;
    if (on_loop_thread()) return sink_->flow();
    Later<bool> flows;
    sink_->when_drained([settle = flows.settler()]() mutable { settle(true); });
    if (!flows.wait([&] { return sink_->alive(); })) return Flow::closed;
    return sink_->flow();
}

void StreamWriter::end() {
    if (const auto sink = std::exchange(sink_, nullptr)) sink->end();
}

void StreamWriter::fail(const Error& error) {
    if (const auto sink = std::exchange(sink_, nullptr)) sink->fail(error);
}

StreamReader::StreamReader() noexcept = default;
StreamReader::StreamReader(std::shared_ptr<request_response::ItemSource> source) noexcept
    : source_(std::move(source)) {}
StreamReader::StreamReader(const Request& request)
    : source_(request_response::RequestSource::make(
          base::Ref<http::Exchange>(request.exchange()))) {}
StreamReader::StreamReader(StreamReader&& other) noexcept = default;
StreamReader& StreamReader::operator=(StreamReader&& other) noexcept {
    cancel();
    source_ = std::move(other.source_);
    taken_ = std::move(other.taken_);
    ended_ = other.ended_;
    return *this;
}
StreamReader::~StreamReader() { cancel(); }

Result<std::optional<Value>> StreamReader::next() {
    if (!source_) return Error(ErrorCode::misuse, "next() on an empty reader");
    if (on_loop_thread()) return Error(ErrorCode::misuse, "next() on a loop thread");
    while (taken_.empty() && !ended_) {
        Later<Result<Batch>> later;
        source_->read(later.settler());
        auto batch = later.wait([&] { return source_->alive(); });
        if (!batch) return Error(ErrorCode::closed, "the loop of the stream has ended");
        if (!*batch) return batch->error();
        taken_.assign(std::make_move_iterator((*batch)->items.rbegin()),
                      std::make_move_iterator((*batch)->items.rend()));
        ended_ = (*batch)->ended;
    }
    if (taken_.empty()) return std::optional<Value>();
    auto value = Value::parse(taken_.back(), {source_->depth_max()});
    taken_.pop_back();
    if (!value) return value.error();
    return std::optional<Value>(std::move(*value));
}

void StreamReader::read(Function<void(Result<Batch>)> done) {
    if (!source_) return done(Error(ErrorCode::misuse, "read() on an empty reader"));
    source_->read(std::move(done));
}

void StreamReader::cancel() {
    taken_.clear();
    if (source_) source_->cancel();
}

}  // namespace tidewire
