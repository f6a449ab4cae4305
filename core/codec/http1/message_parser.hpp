// The state machine of one direction of an HTTP/1.1 connection (RFC 9112): lines and framing are
// ours, the grammar of a head is Beast's (head_parser.hpp). Included by parser.cpp alone.
//
// One function per state; each takes bytes from the input and says what came of it. All decisions
// hang on the position of a byte in the message, never on where a piece of input ends, so that the
// events are the same however the bytes are cut.
#pragma once

#include <algorithm>
#include <cstdint>
#include <limits>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include <tidewire/result.hpp>

#include "base/field_text.hpp"
#include "codec/http1/chunk_line.hpp"
#include "codec/http1/event.hpp"
#include "codec/http1/head_parser.hpp"
#include "codec/http1/input.hpp"
#include "codec/http1/repeated_head.hpp"

namespace tidewire::codec::http1 {

template <bool is_request>
class MessageParser {
public:
    using Head = typename HeadParser<is_request>::Head;

    explicit MessageParser(const ParserLimits& limits)
        : limits_(limits), body_bytes_max_(limits.body_bytes_max) {}

    void limit_body(std::size_t bytes_max) noexcept { body_bytes_max_ = bytes_max; }

    void feed(std::string_view bytes) { input_.lend(bytes); }
    void feed_eof() noexcept { eof_ = true; }
    void expect(bool head_request) noexcept { head_request_ = head_request; }

    [[nodiscard]] Signal poll() {
        if (error_) return Signal::failed;
        while (true) {
            switch (step()) {
                case Step::again: break;
                case Step::event: return signal_;
                case Step::failed: return Signal::failed;
                case Step::need_more: return end_of_input();
            }
        }
    }
    [[nodiscard]] std::string_view chunk() const noexcept { return chunk_; }
    [[nodiscard]] const Error& error() const noexcept { return *error_; }

    [[nodiscard]] Head& head() noexcept { return *head_; }
    void put_next_head_into(Head& head) noexcept { next_head_ = &head; }
    [[nodiscard]] bool between() const noexcept { return state_ == State::first_line; }
    [[nodiscard]] bool idle() const noexcept {
        return state_ == State::closed || (state_ == State::first_line && input_.empty());
    }
    [[nodiscard]] std::string_view unread() const noexcept { return input_.rest(); }
    [[nodiscard]] bool version_unsupported() const noexcept { return version_unsupported_; }

private:
    enum class Step : std::uint8_t { again, event, need_more, failed };
    enum class State : std::uint8_t {
        first_line,
        fields,
        sized_body,
        chunk_line,
        chunk_data,
        chunk_end,
        trailers,
        endless_body,  // of a response: the end of the connection ends it
        end,
        closed,        // the message said that it is the last one
        upgraded,      // what follows is another protocol
    };
    static constexpr std::size_t kEmptyLineBytesMax = 1024;  // before a message
    static constexpr std::size_t kExtensionBytesMax = 4096;
    static constexpr std::size_t kChunkLineBytesMax = 16 + kExtensionBytesMax + 2;

    Step step() {
        switch (state_) {
            case State::first_line: return first_line();
            case State::fields: return fields();
            case State::sized_body: return sized_body();
            case State::chunk_line: return chunk_line();
            case State::chunk_data: return chunk_data();
            case State::chunk_end: return chunk_end();
            case State::trailers: return trailers();
            case State::endless_body: return endless_body();
            case State::end: return end();
            case State::closed: return closed();
            case State::upgraded: return Step::need_more;
        }
        return Step::need_more;
    }

    // What the search for the end of a line found.
    struct Line {
        Step step = Step::again;
        std::size_t size = 0;  // with its CRLF
    };

    // Looks for the end of the line that begins at line_begin_, at most `room` bytes from the
    // start of the input. No byte is looked at twice, however slowly they come.
    Line find_line(std::size_t room, ErrorCode too_long) {
        const std::string_view seen = input_.rest().substr(0, room);
        const std::size_t feed = seen.find('\n', scanned_);
        if (feed == std::string_view::npos) {
            if (input_.rest().size() >= room) return {fail(too_long, {}), 0};
            scanned_ = seen.size();
            return {Step::need_more, 0};
        }
        if (feed == line_begin_ || seen[feed - 1] != '\r') {
            return {broken("A line ends without a carriage return."), 0};
        }
        scanned_ = feed + 1;
        return {Step::again, scanned_ - line_begin_};
    }

    Line find_first_line() {
        const std::size_t room = limits_.header_bytes_max;
        if constexpr (!is_request) return find_line(room, ErrorCode::header_too_large);
        return find_line(std::min(limits_.request_line_bytes_max + 2, room),
                         ErrorCode::uri_too_long);
    }

    std::string_view take_line(std::size_t size) noexcept {
        line_begin_ = 0;
        scanned_ = 0;
        return input_.take(size);
    }

    Step first_line() {
        // Old peers send an empty line after a body (RFC 9112 2.2).
        while (input_.rest().starts_with("\r\n")) {
            head_bytes_ += take_line(2).size();
            if (head_bytes_ > kEmptyLineBytesMax) return broken("There are too many empty lines.");
        }
        if (input_.empty() || input_.rest() == "\r") return Step::need_more;
        if (const std::size_t size = repeated_.recall(input_.rest(), *next_head_); size != 0) {
            head_ = std::exchange(next_head_, &own_head_);
            return whole_head_taken(size);
        }
        const Line line = find_first_line();
        if (line.step != Step::again) return line.step;
        head_ = std::exchange(next_head_, &own_head_);
        begin_head();
        if (const std::size_t size = whole_head(line.size); size != 0) {
            const std::string_view text = input_.rest().substr(0, size);
            if (head_parser_->whole(text)) {
                repeated_.remember(text, *head_);
                return whole_head_taken(size);
            }
            begin_head();
        }
        begin_counts(line.size, 0);
        const std::string_view text = take_line(line.size);
        const bool taken = !is_request && lacks_reason(text)
                               ? head_parser_->first_line(std::string(text.substr(0, 12)) + " \r\n")
                               : head_parser_->first_line(text);
        if (!taken) {
            version_unsupported_ = is_request && names_other_version(text);
            return broken(head_parser_->problem());
        }
        return go_to(State::fields);
    }

    void begin_head() {
        head_->clear();
        rules_.reset();
        head_parser_.emplace(*head_, rules_);
    }

    void begin_counts(std::size_t head_bytes, std::size_t fields) noexcept {
        head_bytes_ = head_bytes;
        fields_ = fields;
        body_bytes_ = 0;
        extension_bytes_ = 0;
    }

    Step whole_head_taken(std::size_t size) {
        take_line(size);
        begin_counts(size, head_->headers.size());
        return frame_body();
    }

    // The size of the head when all of it is there and its lines are well, else 0: fields() then
    // finds out what is missing or wrong. Most heads come whole.
    std::size_t whole_head(std::size_t begin) noexcept {
        const std::string_view seen = input_.rest().substr(0, limits_.header_bytes_max);
        std::size_t fields = 0;
        while (true) {
            const std::size_t feed = seen.find('\n', begin);
            if (feed == std::string_view::npos || feed == begin || seen[feed - 1] != '\r') return 0;
            if (feed == begin + 1) break;
            if (seen[begin] == ' ' || seen[begin] == '\t') return 0;
            if (++fields > limits_.header_fields_max) return 0;
            begin = feed + 1;
        }
        return begin + 2;
    }

    Step fields() {
        while (true) {
            const Line line =
                find_line(limits_.header_bytes_max - head_bytes_, ErrorCode::header_too_large);
            if (line.step != Step::again) return line.step;
            if (line.size == 2) break;
            const char first = input_.rest()[line_begin_];
            if (first == ' ' || first == '\t') return broken("A header field is folded.");
            if (++fields_ > limits_.header_fields_max) return fail(ErrorCode::header_too_large, {});
            line_begin_ += line.size;
        }
        const std::string_view block = take_line(line_begin_ + 2);
        head_bytes_ += block.size();
        if (!head_parser_->fields(block)) return broken(head_parser_->problem());
        return frame_body();
    }

    // RFC 9112 6.3.
    Step frame_body() {
        Framing& framing = head_->framing;
        if (has_no_body()) {
            state_ = State::end;
        } else if (framing.chunked) {
            state_ = State::chunk_line;
        } else if (framing.content_length) {
            if (*framing.content_length > body_bytes_max_) {
                return fail(ErrorCode::payload_too_large, {});
            }
            remaining_ = *framing.content_length;
            state_ = remaining_ == 0 ? State::end : State::sized_body;
        } else if constexpr (is_request) {
            state_ = State::end;
        } else {
            framing.keep_alive = false;
            state_ = State::endless_body;
        }
        // From here on the head is the caller's.
        last_ = !framing.keep_alive;
        if constexpr (!is_request) status_ = head_->status;
        return emit(Signal::head);
    }

    [[nodiscard]] bool has_no_body() const noexcept {
        if constexpr (is_request) {
            return false;
        } else {
            return head_request_ || head_->status < 200 || head_->status == 204 ||
                   head_->status == 304;
        }
    }

    Step body_part(std::size_t bytes_max) {
        const std::size_t size = std::min(bytes_max, input_.rest().size());
        if (size == 0) return Step::need_more;
        body_bytes_ += size;
        chunk_ = input_.take(size);
        return emit(Signal::chunk);
    }

    Step counted_part(State after) {
        const std::size_t before = body_bytes_;
        const Step step = body_part(remaining_);
        remaining_ -= body_bytes_ - before;
        if (remaining_ == 0) state_ = after;
        return step;
    }

    Step sized_body() { return counted_part(State::end); }
    Step chunk_data() { return counted_part(State::chunk_end); }

    Step chunk_line() {
        const Line found = find_line(kChunkLineBytesMax, ErrorCode::protocol_error);
        if (found.step != Step::again) return found.step;
        const std::string_view line = take_line(found.size).substr(0, found.size - 2);
        const auto size = parse_chunk_line(line);
        if (!size) return broken("The size line of a chunk is malformed.");
        // Tiny chunks under long extensions would cost much and never reach the limit of a body.
        extension_bytes_ += line.size() - std::min(line.find(';'), line.size());
        if (extension_bytes_ > kExtensionBytesMax + body_bytes_) {
            return broken("The extensions of the chunks are too long.");
        }
        if (*size == 0) return go_to(State::trailers);
        if (body_bytes_ > body_bytes_max_ || *size > body_bytes_max_ - body_bytes_) {
            return fail(ErrorCode::payload_too_large, {});
        }
        remaining_ = static_cast<std::size_t>(*size);
        return go_to(State::chunk_data);
    }

    Step chunk_end() {
        constexpr std::string_view kEnd = "\r\n";
        const std::string_view seen = input_.rest().substr(0, kEnd.size());
        if (!kEnd.starts_with(seen)) return broken("A chunk is longer than its size says.");
        if (seen.size() < kEnd.size()) return Step::need_more;
        input_.take(kEnd.size());
        return go_to(State::chunk_line);
    }

    Step trailers() {
        const Line found =
            find_line(limits_.header_bytes_max - head_bytes_, ErrorCode::header_too_large);
        if (found.step != Step::again) return found.step;
        head_bytes_ += found.size;
        const std::string_view line = take_line(found.size).substr(0, found.size - 2);
        if (line.empty()) return go_to(State::end);
        const std::size_t colon = line.find(':');
        if (colon == std::string_view::npos || !base::is_token(line.substr(0, colon)) ||
            !base::is_field_value(line.substr(colon + 1))) {
            return broken("A trailer field is malformed.");
        }
        if (++fields_ > limits_.header_fields_max) return fail(ErrorCode::header_too_large, {});
        return Step::again;
    }

    Step endless_body() {
        if (input_.empty() && eof_) return go_to(State::end);
        const std::size_t room = body_bytes_max_ - body_bytes_;
        if (room == 0 && !input_.empty()) return fail(ErrorCode::payload_too_large, {});
        return body_part(room);
    }

    Step end() {
        head_bytes_ = 0;
        state_ = State::first_line;
        if constexpr (!is_request) {
            if (status_ == 101) state_ = State::upgraded;
            if (status_ >= 200) head_request_ = false;
        }
        if (state_ == State::first_line && last_) state_ = State::closed;
        return emit(Signal::end);
    }

    // RFC 9112 9.6: what comes after the last message is not looked at.
    Step closed() {
        input_.take(input_.rest().size());
        return Step::need_more;
    }

    Step go_to(State state) noexcept {
        state_ = state;
        return Step::again;
    }
    Step emit(Signal signal) noexcept {
        signal_ = signal;
        return Step::event;
    }

    Step broken(std::string problem) {
        return fail(ErrorCode::protocol_error, std::move(problem));
    }
    Step fail(ErrorCode code, std::string message) {
        error_.emplace(code, std::move(message));
        return Step::failed;
    }

    Signal end_of_input() {
        input_.keep();
        if (!eof_ || idle() || state_ == State::upgraded) return Signal::need_more;
        fail(ErrorCode::connection_lost, "The connection ended in the middle of a message.");
        return Signal::failed;
    }

    const ParserLimits limits_;
    std::size_t body_bytes_max_;
    Input input_;
    Head own_head_;
    Head* head_ = &own_head_;
    Head* next_head_ = &own_head_;
    FramingRules rules_;
    std::optional<HeadParser<is_request>> head_parser_;
    RepeatedHead<Head> repeated_;
    State state_ = State::first_line;
    Signal signal_ = Signal::need_more;
    std::string_view chunk_;
    std::optional<Error> error_;
    bool eof_ = false;
    bool head_request_ = false;
    bool version_unsupported_ = false;
    bool last_ = false;  // this message said so
    int status_ = 0;
    std::size_t line_begin_ = 0;       // offsets in the rest of the input
    std::size_t scanned_ = 0;          // no line ends before it
    std::size_t head_bytes_ = 0;       // of this message, trailers included
    std::size_t fields_ = 0;
    std::size_t remaining_ = 0;        // of the sized body or chunk
    std::size_t body_bytes_ = 0;
    std::size_t extension_bytes_ = 0;  // of all chunks
};

}  // namespace tidewire::codec::http1
