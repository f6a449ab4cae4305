// The strict vectors of llhttp: what it takes we take, what it refuses we refuse, at any cut.
//
// Two things are done to a vector first. The documents that they come from lose a CRLF at the end
// of an input: it is put back when the expected log goes beyond the input. And llhttp does not ask
// for a Host, which RFC 9112 3.2 demands: it is put in where an HTTP/1.1 request has none.

#include <catch2/catch.hpp>

#include <algorithm>
#include <array>
#include <charconv>
#include <fstream>
#include <iterator>
#include <string>
#include <string_view>
#include <vector>

#include <tidewire/value.hpp>

#include "support/http1_transcript.hpp"

namespace tidewire::test {
namespace {

struct Deviation {
    std::string_view name;
    std::string_view type;
    bool we_take_it;
    std::string_view reason;
};

constexpr std::string_view kAnyMethod =
    "a method is any token (RFC 9110 9.1): routes decide which they know";
constexpr std::string_view kChunkedOnly =
    "no other transfer coding is decoded, and a body of unknown form is never passed on";

constexpr std::array kDeviations{
    Deviation{"HTTP protocol and ANNOUNCE method", "request", true, kAnyMethod},
    Deviation{"Invalid method", "request", true, kAnyMethod},
    Deviation{"No HTTP version", "request", false, "HTTP/0.9 has no fields and no status"},
    Deviation{"POST with `chunked` as last transfer-encoding", "request", false, kChunkedOnly},
    Deviation{"`chunked` before other transfer-encoding", "response", false, kChunkedOnly},
    Deviation{"multiple transfer-encoding where chunked is not the last one", "response", false,
              kChunkedOnly},
};
static_assert(kDeviations.size() <= 10);

// llhttp pauses at an upgrade, CONNECT or PRI, and leaves what follows to its caller.
constexpr std::array kPauses{22, 23};
// "Data after `Connection: close`": what follows is not looked at here.
constexpr int kDataAfterClose = 5;

std::string text_of(const Value& value) { return value.as<std::string>().value_or(""); }

std::size_t number_at(std::string_view text, std::string_view mark) {
    const std::size_t at = text.find(mark);
    std::size_t number = 0;
    if (at != std::string_view::npos) {
        std::from_chars(text.data() + at + mark.size(), text.data() + text.size(), number);
    }
    return number;
}

std::string restored_input(const Value& vector) {
    std::string input = text_of(vector["input"]);
    std::size_t logged = 0;
    const Value& log = vector["log"];
    for (std::size_t i = 0; i < log.size(); ++i) {
        const std::string line = text_of(log[i]);
        logged = std::max(logged, number_at(line, "off=") + number_at(line, " len="));
    }
    if (logged > input.size()) input += std::string_view("\r\n").substr(0, logged - input.size());
    return input;
}

std::string with_host(const std::string& input) {
    std::string out;
    std::size_t begin = 0;
    for (std::size_t at = 0; (at = input.find(" HTTP/1.1\r\n", begin)) != std::string::npos;) {
        const std::size_t line_end = at + 11;
        out += input.substr(begin, line_end - begin);
        const std::size_t next = input.find(" HTTP/1.1\r\n", line_end);
        const std::string rest = input.substr(line_end, next - line_end);
        const bool has_host = rest.find("Host:") != rest.npos || rest.find("HOST:") != rest.npos;
        if (!has_host) out += "Host: example.com\r\n";
        begin = line_end;
    }
    return out + input.substr(begin);
}

std::size_t messages_of(const Transcript& transcript) {
    std::size_t messages = 0;
    for (std::size_t i = 0; i < transcript.events_before_eof; ++i) {
        const Said& said = transcript.events[i];
        if (!said.continues && said.text == "end") ++messages;
    }
    return messages;
}

// A strict vector of HTTP, ready to be fed.
struct Case {
    std::string label;
    std::string name;
    std::string type;
    std::string input;
    int pause = 0;             // llhttp stopped without an error
    bool refused = false;      // by llhttp
    std::size_t messages = 0;  // that llhttp saw the end of
    bool no_body = false;
};

bool of_another_protocol(std::string_view input) {
    const std::string_view line = input.substr(0, input.find('\r'));
    return line.find("RTSP/") != line.npos || line.find("ICE/") != line.npos;
}

std::vector<Case> cases_of(std::string_view type) {
    std::ifstream file(TIDEWIRE_SOURCE_DIR "/tests/conformance/data/http1_vectors.json");
    const std::string text{std::istreambuf_iterator<char>(file), {}};
    const auto vectors = Value::parse(text);
    REQUIRE(vectors);
    std::vector<Case> cases;
    for (std::size_t i = 0; i < vectors->size(); ++i) {
        const Value& vector = (*vectors)[i];
        if (text_of(vector["kind"]) != "http" || text_of(vector["meta"]["type"]) != type) continue;
        Case one;
        one.name = text_of(vector["name"]);
        one.label = text_of(vector["file"]) + ": " + one.name;
        one.type = type;
        one.input = restored_input(vector);
        one.messages = vector["messages"].as<std::size_t>().value();
        one.no_body = vector["meta"]["skipBody"].as<bool>().value_or(false);
        const auto code = static_cast<int>(number_at(text_of(vector["error"]), "code="));
        const bool pauses = std::ranges::find(kPauses, code) != kPauses.end();
        if (pauses || code == kDataAfterClose) one.pause = code;
        one.refused = code != 0 && one.pause == 0;
        // Most inputs that are refused end in the middle of a head: with an end it is known that
        // the refusal is not for what is missing.
        if (one.refused) one.input += "\r\n\r\n";
        // llhttp speaks two more protocols, and can be told that a request has no body.
        const bool foreign = !one.refused && of_another_protocol(one.input);
        if (foreign || (type == "request" && one.no_body)) continue;
        if (type == "request") one.input = with_host(one.input);
        cases.push_back(std::move(one));
    }
    return cases;
}

void check(const Case& one) {
    const Transcript transcript = one.type == "request"
                                      ? check_request(one.input)
                                      : check_response(one.input, {}, one.no_body);
    INFO(one.label << "\n" << one.input << "\n--- gives\n" << transcript.text());
    const auto* const deviation = std::ranges::find_if(kDeviations, [&](const Deviation& row) {
        return row.name == one.name && row.type == one.type;
    });
    if (deviation != kDeviations.end()) {
        INFO(deviation->reason);
        CHECK(transcript.error_before_eof != deviation->we_take_it);
        CHECK(one.refused == deviation->we_take_it);
        return;
    }
    if (one.pause != 0 && one.pause != kDataAfterClose) {
        CHECK(messages_of(transcript) >= one.messages);
        return;
    }
    CHECK(transcript.error_before_eof == one.refused);
    CHECK(messages_of(transcript) == one.messages);
    if (one.refused) CHECK(transcript.error->code() == ErrorCode::protocol_error);
}

}  // namespace

TEST_CASE("requests are taken and refused as the strict llhttp does", "[http1]") {
    const std::vector<Case> cases = cases_of("request");
    CHECK(cases.size() > 80);
    for (const Case& one : cases) check(one);
}

TEST_CASE("responses are taken and refused as the strict llhttp does", "[http1]") {
    const std::vector<Case> cases = cases_of("response");
    CHECK(cases.size() > 50);
    for (const Case& one : cases) check(one);
}

TEST_CASE("every deviation from llhttp names a vector that exists", "[http1]") {
    for (const Deviation& row : kDeviations) {
        const std::vector<Case> cases = cases_of(row.type);
        const auto named = [&](const Case& one) { return one.name == row.name; };
        INFO(row.name);
        CHECK(std::ranges::any_of(cases, named));
    }
}

}  // namespace tidewire::test
