#include "patterns/request_response/items.hpp"

#include <algorithm>
#include <utility>

#include <tidewire/headers.hpp>
#include <tidewire/response.hpp>
#include <tidewire/value.hpp>

#include "serializer/accept.hpp"

namespace tidewire::patterns::request_response {
namespace {

constexpr std::string_view kNdjson = "application/x-ndjson";
constexpr std::string_view kEvents = "text/event-stream";
constexpr std::string_view kProblem = "application/problem+json";

void write_event(std::string& out, std::string_view name, std::string_view data) {
    out.append("event: ").append(name).append("\ndata: ").append(data).append("\n\n");
}

// The error that a last line names, whatever its sender left out.
Error error_of(const Value& problem) {
    const auto status = problem["status"].as<int>().value_or(500);
    auto text = problem.dump();
    const Response response{std::clamp(status, 400, 599), std::string(kProblem), {},
                            text ? std::move(*text) : std::string()};
    return response.error().error();
}

// Most lines are as our own end writes them: the item is what stands between.
std::optional<std::string_view> plain_item(std::string_view line, std::size_t depth_max) {
    constexpr std::string_view kBegin = "{\"value\":";
    if (!line.starts_with(kBegin) || !line.ends_with('}')) return std::nullopt;
    line.remove_prefix(kBegin.size());
    line.remove_suffix(1);
    if (!Value::scan(line, {depth_max})) return std::nullopt;
    return line;
}

}  // namespace

std::string_view content_type_of(ItemFraming framing) noexcept {
    return framing == ItemFraming::ndjson ? kNdjson : kEvents;
}

std::optional<ItemFraming> accepted_framing(std::string_view accept) noexcept {
    const double lines = serializer::quality_of(kNdjson, accept);
    const double events = serializer::quality_of(kEvents, accept);
    if (lines <= 0 && events <= 0) return std::nullopt;
    return events > lines ? ItemFraming::sse : ItemFraming::ndjson;
}

bool is_ndjson(std::string_view content_type) noexcept {
    const auto type = content_type.substr(0, content_type.find(';'));
    const auto last = type.find_last_not_of(" \t");
    return equals_ignoring_case(type.substr(0, last + 1), kNdjson);
}

void write_item(std::string& out, ItemFraming framing, std::string_view json) {
    if (framing == ItemFraming::sse) return write_event(out, "value", json);
    out.append("{\"value\":").append(json).append("}\n");
}

void write_end(std::string& out, ItemFraming framing) {
    if (framing == ItemFraming::sse) return write_event(out, "end", "true");
    out.append("{\"end\":true}\n");
}

void write_failure(std::string& out, ItemFraming framing, const Error& error) {
    const std::string problem = Response::problem(error).body;
    if (framing == ItemFraming::sse) return write_event(out, "failed", problem);
    out.append("{\"error\":").append(problem).append("}\n");
}

void ItemDecoder::feed(std::string_view bytes) {
    // What was read is dropped once for each piece of input.
    kept_.erase(0, std::exchange(begin_, 0));
    scanned_ = kept_.size();
    kept_.append(bytes);
}

Error ItemDecoder::fail(Error error) {
    error_ = error;
    kept_ = {};
    return error;
}

Result<std::optional<ItemDecoder::Event>> ItemDecoder::next() {
    while (!error_) {
        const auto feed = kept_.find('\n', scanned_);
        const std::size_t size = std::min(feed, kept_.size()) - begin_;
        if (size > limits_.line_bytes_max) {
            return fail(Error(ErrorCode::payload_too_large, "an item of the stream is too long"));
        }
        if (feed == std::string::npos && !(eof_ && size > 0)) {
            scanned_ = kept_.size();
            if (!eof_ || over_) return std::optional<Event>();
            return fail(Error(cut_, "the stream ended without its last line"));
        }
        std::string_view line = std::string_view(kept_).substr(begin_, size);
        begin_ = scanned_ = std::min(begin_ + size + 1, kept_.size());
        if (line.ends_with('\r')) line.remove_suffix(1);
        if (line.find_first_not_of(" \t") == std::string_view::npos) continue;
        return read(line);
    }
    return *error_;
}

Result<std::optional<ItemDecoder::Event>> ItemDecoder::read(std::string_view line) {
    if (over_) {
        return fail(Error(ErrorCode::protocol_error, "the stream goes on after its last line"));
    }
    if (const auto item = plain_item(line, limits_.json_depth_max)) {
        return std::optional<Event>(ItemEvent{std::string(*item)});
    }
    return read_envelope(line);
}

Result<std::optional<ItemDecoder::Event>> ItemDecoder::read_envelope(std::string_view line) {
    const auto envelope = Value::parse(line, {limits_.json_depth_max + 1});
    if (!envelope) {
        return fail(Error(wrong_, "a line of the stream is not JSON: " +
                                      std::string(envelope.error().message())));
    }
    if (const Value* value = envelope->find("value")) {
        auto json = value->dump();
        if (!json) return fail(Error(wrong_, std::string(json.error().message())));
        return std::optional<Event>(ItemEvent{std::move(*json)});
    }
    if (const Value* problem = envelope->find("error")) {
        over_ = true;
        return std::optional<Event>(ItemsFailedEvent{error_of(*problem)});
    }
    if ((*envelope)["end"].as<bool>().value_or(false)) {
        over_ = true;
        return std::optional<Event>(ItemsEndEvent{});
    }
    return fail(Error(wrong_, "a line of the stream has neither value, end nor error"));
}

}  // namespace tidewire::patterns::request_response
