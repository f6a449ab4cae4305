// StreamWriter and StreamReader: the two ends of a streamed reply or request, a sequence of values
// that is sent while it is being made.
//
// Both may be used from any thread, by one thread at a time. A stream has an end of its own: a
// reader that has not seen it gets an error, never a sequence that only looks complete. Dropping a
// writer before end() fails the stream with `internal`; dropping a reader tells the other side
// that nobody reads on.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <tidewire/error.hpp>
#include <tidewire/function.hpp>
#include <tidewire/reply.hpp>
#include <tidewire/request.hpp>
#include <tidewire/result.hpp>
#include <tidewire/value.hpp>

namespace tidewire {

namespace patterns::request_response {
class ItemSink;
class ItemSource;
}  // namespace patterns::request_response

class StreamWriter {
public:
    enum class Flow : std::uint8_t {
        flowing,
        full,    // taken, but wait for when_drained() before the next one
        closed,  // nobody reads it, now or later
    };

    StreamWriter() noexcept;
    explicit StreamWriter(std::shared_ptr<patterns::request_response::ItemSink> sink) noexcept;
    // The streamed reply to `request`, in the form that its Accept field asks for. Its head leaves
    // with the first item, so that a failure before that has the status of its error.
    StreamWriter(const Request& request, Reply reply);
    StreamWriter(StreamWriter&& other) noexcept;
    StreamWriter& operator=(StreamWriter&& other) noexcept;
    StreamWriter(const StreamWriter&) = delete;
    StreamWriter& operator=(const StreamWriter&) = delete;
    ~StreamWriter();

    explicit operator bool() const noexcept { return sink_ != nullptr; }

    // Takes the item, whatever it says of the flow. An item that JSON cannot say is
    // invalid_argument, and the stream goes on without it.
    Result<Flow> send(const Value& item);
    // For language bindings. Contract: JSON text without line breaks.
    Flow send_json(std::string_view json);
    // Runs `ring` once when it flows again or is closed; on a loop thread, or at once.
    void when_drained(Function<void()> ring);
    // Waits until it flows again or is closed. On a loop thread it does not wait.
    Flow wait();
    // The sequence is whole.
    void end();
    // It will not be: the reader gets `error` after the items before it.
    void fail(const Error& error);

private:
    std::shared_ptr<patterns::request_response::ItemSink> sink_;
};

class StreamReader {
public:
    // Items as JSON text, and whether they are the last ones.
    struct Batch {
        std::vector<std::string> items;
        bool ended = false;
    };

    StreamReader() noexcept;
    explicit StreamReader(std::shared_ptr<patterns::request_response::ItemSource> source) noexcept;
    // The items of a streamed request, of a method that takes them.
    explicit StreamReader(const Request& request);
    StreamReader(StreamReader&& other) noexcept;
    StreamReader& operator=(StreamReader&& other) noexcept;
    StreamReader(const StreamReader&) = delete;
    StreamReader& operator=(const StreamReader&) = delete;
    ~StreamReader();

    explicit operator bool() const noexcept { return source_ != nullptr; }

    // Waits for the next item; nothing: the stream has ended. An error is for ever: what the sender
    // said, or connection_lost, timeout, cancelled, invalid_data, invalid_argument (of a request),
    // payload_too_large. misuse on a loop thread.
    [[nodiscard]] Result<std::optional<Value>> next();
    // Gives all items that are there, at least one or the end, to `done`, on a loop thread. One
    // read at a time; another is misuse. Not to be mixed with next().
    void read(Function<void(Result<Batch>)> done);
    // Nobody reads on: a read that waits gets `cancelled`.
    void cancel();

private:
    std::shared_ptr<patterns::request_response::ItemSource> source_;
    std::vector<std::string> taken_;  // of next(), the first one last
    bool ended_ = false;
};

}  // namespace tidewire
