// SimLoop: base::Loop without sockets, threads or real time, the test double of base/runtime.hpp.
//
// Streams are pipes in memory between two ends of one loop. A test moves everything itself: run()
// lets turns pass until nothing is left to do, advance() moves the clock. A pipe can cut what it
// carries into pieces, stop taking bytes, and break.
#pragma once

#include <algorithm>
#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "base/runtime.hpp"

namespace tidewire::testing {

class SimLoop;

// One end of a pipe, seen from the code under test or from the test.
class SimStream final : public base::ByteStream {
public:
    SimStream(SimLoop& loop, std::string peer);
    ~SimStream() override;
    static std::pair<std::unique_ptr<SimStream>, std::unique_ptr<SimStream>> pair(SimLoop& loop);

    void start(base::StreamEvents& events) override { events_ = &events; }
    void write(std::string_view bytes) override { out_.append(bytes); }
    [[nodiscard]] std::size_t unsent() const noexcept override { return out_.size(); }
    void pause() override {
        paused_ = true;
        unwatched_ = false;
    }
    void pause_unwatched() override {
        paused_ = true;
        unwatched_ = true;
    }
    void resume() override { paused_ = false; }
    void end() override { ending_ = true; }
    [[nodiscard]] std::string_view peer() const noexcept override { return peer_; }
    [[nodiscard]] std::string_view peer_address() const noexcept override { return "sim"; }

    // The other end gets at most this many bytes a turn; 0 stalls it.
    std::size_t bytes_per_turn = SIZE_MAX;
    // The connection breaks in the next turn, for both ends.
    void break_off() { broken_ = true; }

    [[nodiscard]] bool paused() const noexcept { return paused_; }

private:
    friend class SimLoop;
    // Moves what is to move; true when something happened.
    bool step();
    void tell_broken();

    SimLoop& loop_;
    const std::string peer_;
    SimStream* other_ = nullptr;
    base::StreamEvents* events_ = nullptr;
    std::string out_;
    bool paused_ = false;
    bool unwatched_ = false;
    bool ending_ = false;
    bool end_told_ = false;
    bool broken_ = false;
    bool over_ = false;
};

class SimInbox final : public base::Inbox {
public:
    bool post(Function<void()> task) override {
        tasks.push_back(std::move(task));
        return true;
    }
    [[nodiscard]] bool is_current() const noexcept override { return true; }
    std::vector<Function<void()>> tasks;
};

class SimLoop final : public base::Loop {
public:
    [[nodiscard]] base::TimePoint now() const noexcept override { return now_; }
    [[nodiscard]] std::int64_t unix_seconds() const noexcept override { return 784'111'777; }
    base::Timers& timers() noexcept override { return timers_; }
    const std::shared_ptr<base::Inbox>& inbox() noexcept override { return inbox_face_; }
    void at_turn_end(base::TurnEnd& work) override { turn_ends_.push_back(&work); }
    void forget_turn_end(base::TurnEnd& work) noexcept override {
        std::replace(turn_ends_.begin(), turn_ends_.end(), &work,
                     static_cast<base::TurnEnd*>(nullptr));
        std::replace(ending_.begin(), ending_.end(), &work, static_cast<base::TurnEnd*>(nullptr));
    }
    [[nodiscard]] Result<std::unique_ptr<base::Acceptor>> listen(
        const base::ListenOptions& options, base::AcceptEvents& events) override {
        const std::uint16_t port = options.port == 0 ? next_port_++ : options.port;
        if (listening_.contains(port)) return Error(ErrorCode::unavailable, "address in use");
        listening_[port] = &events;
        return std::unique_ptr<base::Acceptor>(std::make_unique<SimAcceptor>(*this, port));
    }
    [[nodiscard]] std::unique_ptr<base::Dialing> dial(
        const std::string&, std::uint16_t port, std::chrono::milliseconds,
        Function<void(Result<std::unique_ptr<base::ByteStream>>)> done) override {
        ++dials;
        auto dialing = std::make_unique<SimDialing>(*this, port, std::move(done));
        dialing_.push_back(dialing.get());
        return dialing;
    }

    // Lets turns pass until nothing happens any more.
    void run() {
        for (int turn = 0; turn < 100'000; ++turn) {
            if (!step()) return;
        }
        throw std::runtime_error("the simulation does not come to rest");
    }
    // Moves the clock, firing timers on the way in order.
    void advance(std::chrono::milliseconds by) {
        const auto end = now_ + by;
        run();
        while (const auto next = timers_.next()) {
            if (*next > end) break;
            now_ = std::max(now_, *next);
            timers_.fire(now_);
            run();
        }
        now_ = end;
        run();
    }

    int dials = 0;
    // The last end of a dialed connection that an acceptor of the test did not take.
    [[nodiscard]] std::size_t streams() const noexcept { return streams_.size(); }

private:
    friend class SimStream;
    struct SimAcceptor final : base::Acceptor {
        SimAcceptor(SimLoop& l, std::uint16_t p) : loop(l), number(p) {}
        ~SimAcceptor() override { loop.listening_.erase(number); }
        [[nodiscard]] std::uint16_t port() const noexcept override { return number; }
        SimLoop& loop;
        std::uint16_t number;
    };
    struct SimDialing final : base::Dialing {
        SimDialing(SimLoop& l, std::uint16_t p,
                   Function<void(Result<std::unique_ptr<base::ByteStream>>)> d)
            : loop(l), port(p), done(std::move(d)) {}
        ~SimDialing() override { std::erase(loop.dialing_, this); }
        SimLoop& loop;
        std::uint16_t port;
        Function<void(Result<std::unique_ptr<base::ByteStream>>)> done;
    };

    bool step() {
        bool moved = false;
        auto tasks = std::exchange(inbox_->tasks, {});
        for (auto& task : tasks) task();
        moved |= !tasks.empty();
        while (!dialing_.empty()) {
            connect(*dialing_.front());
            moved = true;
        }
        const auto streams = streams_;
        for (SimStream* stream : streams) {
            if (std::find(streams_.begin(), streams_.end(), stream) == streams_.end()) continue;
            moved |= stream->step();
        }
        while (!turn_ends_.empty()) {
            ending_ = std::exchange(turn_ends_, {});
            for (std::size_t i = 0; i < ending_.size(); ++i) {
                if (ending_[i] != nullptr) ending_[i]->turn_ended();
            }
            moved = true;
        }
        return moved;
    }
    void connect(SimDialing& dialing) {
        std::erase(dialing_, &dialing);
        auto done = std::move(dialing.done);
        const auto found = listening_.find(dialing.port);
        if (found == listening_.end()) {
            done(Error(ErrorCode::unavailable, "connection refused"));
            return;
        }
        auto [client, server] = SimStream::pair(*this);
        found->second->on_accepted(std::move(server));
        done(std::unique_ptr<base::ByteStream>(std::move(client)));
    }

    // Away from the epoch, so that "no time" is not a time.
    base::TimePoint now_{std::chrono::hours(1)};
    base::Timers timers_;
    std::shared_ptr<SimInbox> inbox_ = std::make_shared<SimInbox>();
    std::shared_ptr<base::Inbox> inbox_face_ = inbox_;
    std::vector<base::TurnEnd*> turn_ends_;
    std::vector<base::TurnEnd*> ending_;
    std::map<std::uint16_t, base::AcceptEvents*> listening_;
    std::uint16_t next_port_ = 1000;
    std::vector<SimStream*> streams_;
    std::vector<SimDialing*> dialing_;
};

inline SimStream::SimStream(SimLoop& loop, std::string peer) : loop_(loop), peer_(std::move(peer)) {
    loop_.streams_.push_back(this);
}

inline SimStream::~SimStream() {
    std::erase(loop_.streams_, this);
    if (other_ == nullptr) return;
    // Bytes on their way still arrive; then the other end sees the end.
    other_->other_ = nullptr;
    other_->over_ = true;
}

inline std::pair<std::unique_ptr<SimStream>, std::unique_ptr<SimStream>> SimStream::pair(
    SimLoop& loop) {
    auto a = std::make_unique<SimStream>(loop, "sim:1");
    auto b = std::make_unique<SimStream>(loop, "sim:2");
    a->other_ = b.get();
    b->other_ = a.get();
    return {std::move(a), std::move(b)};
}

inline void SimStream::tell_broken() {
    auto* events = std::exchange(events_, nullptr);
    if (events != nullptr) events->on_broken(Error(ErrorCode::connection_lost, "broken off"));
}

inline bool SimStream::step() {
    if (broken_ || (other_ != nullptr && other_->broken_)) {
        broken_ = true;
        if (events_ == nullptr) return false;
        tell_broken();
        return true;
    }
    if (over_) {  // the other end was destroyed
        if (paused_ && unwatched_) return false;
        over_ = false;
        if (events_ == nullptr) return false;
        if (paused_) {
            tell_broken();
        } else {
            events_->on_end();
        }
        return true;
    }
    if (other_ == nullptr || other_->events_ == nullptr) return false;
    if (!out_.empty() && !other_->paused_ && bytes_per_turn > 0) {
        std::string piece = out_.substr(0, bytes_per_turn);
        out_.erase(0, piece.size());
        SimStream* self = this;
        const bool drained = out_.empty();
        other_->events_->on_bytes(piece);
        const auto& alive = loop_.streams_;
        if (std::find(alive.begin(), alive.end(), self) == alive.end()) return true;
        if (drained && events_ != nullptr) events_->on_drained();
        return true;
    }
    if (ending_ && out_.empty() && !end_told_ && !(other_->paused_ && other_->unwatched_)) {
        end_told_ = true;
        other_->events_->on_end();
        return true;
    }
    return false;
}

// The test's own end of a connection: writes text, collects text.
class SimPeer final : private base::StreamEvents {
public:
    explicit SimPeer(std::unique_ptr<base::ByteStream> end)
        : stream(static_cast<SimStream*>(end.release())) {
        stream->start(*this);
    }
    void send(std::string_view bytes) { stream->write(bytes); }
    [[nodiscard]] std::string take() { return std::exchange(received, {}); }

    std::unique_ptr<SimStream> stream;
    std::string received;
    bool ended = false;   // the other side sends no more
    bool broken = false;

private:
    void on_bytes(std::string_view bytes) override { received.append(bytes); }
    void on_end() override { ended = true; }
    void on_drained() override {}
    void on_broken(const Error&) override { broken = true; }
};

}  // namespace tidewire::testing
