// The golden bytes of tests/conformance, at every cut. The README there tells the format.

#include <catch2/catch.hpp>

#include <fstream>
#include <iterator>
#include <string>
#include <string_view>

#include <tidewire/value.hpp>

#include "support/http1_transcript.hpp"

namespace tidewire::test {
namespace {

Value cases_of(std::string_view file_name) {
    std::ifstream file(TIDEWIRE_SOURCE_DIR "/tests/conformance/" + std::string(file_name));
    const std::string text{std::istreambuf_iterator<char>(file), {}};
    auto cases = Value::parse(text);
    REQUIRE(cases);
    return *std::move(cases);
}

// Characters up to U+00FF are one byte each; in UTF-8 the upper half of them has two.
std::string bytes_of(const Value& value) {
    std::string bytes;
    const auto text = value.as<std::string>().value();
    for (std::size_t i = 0; i < text.size(); ++i) {
        const auto first = static_cast<unsigned char>(text[i]);
        if (first < 0x80) {
            bytes.push_back(text[i]);
        } else {
            const auto second = static_cast<unsigned char>(text.at(++i));
            bytes.push_back(static_cast<char>((first & 3U) << 6U | (second & 63U)));
        }
    }
    return bytes;
}

std::string input_of(const Value& bytes) {
    if (bytes.type() == Value::Type::text) return bytes_of(bytes);
    std::string input;
    for (std::size_t i = 0; i < bytes.size(); ++i) {
        const Value& part = bytes[i];
        if (part.type() == Value::Type::text) {
            input += bytes_of(part);
            continue;
        }
        const std::string unit = bytes_of(part["repeat"]);
        const auto times = part["times"].as<int>().value();
        for (int k = 0; k < times; ++k) input += unit;
    }
    return input;
}

// The field of a message as an HTTP parser would find it, or nullptr.
const Value* field_of(const Value& message, std::string_view name) {
    const Value& fields = message["fields"];
    for (std::size_t i = 0; i < fields.size(); ++i) {
        if (equals_ignoring_case(fields[i][0].as<std::string>().value(), name)) {
            return &fields[i][1];
        }
    }
    return nullptr;
}

// The message in the words of http1_transcript.hpp.
std::string expected_text(const Value& message) {
    const auto flag = [&](std::string_view name) {
        return message[name].as<bool>().value_or(false);
    };
    const std::string minor = message["version"].as<std::string>().value().substr(2);
    std::string out = "head ";
    if (message.find("status") != nullptr) {
        out += std::to_string(message["status"].as<int>().value()) + " " +
               bytes_of(message["reason"]) + " 1." + minor;
    } else {
        out += bytes_of(message["method"]) + " " + bytes_of(message["target"]) + " 1." + minor;
    }
    out += flag("keep_alive") ? " [keep-alive" : " [close";
    if (field_of(message, "transfer-encoding") != nullptr) out += " chunked";
    if (flag("upgrade")) out += " upgrade";
    if (flag("expect_continue")) out += " expect-continue";
    if (const Value* length = field_of(message, "content-length")) {
        out += " length=" + bytes_of(*length);
    }
    out += "]";
    const Value& fields = message["fields"];
    for (std::size_t i = 0; i < fields.size(); ++i) {
        out += " | " + bytes_of(fields[i][0]) + ": " + bytes_of(fields[i][1]);
    }
    const std::string body = bytes_of(message["body"]);
    return out + "\n" + (body.empty() ? "" : body + "\n") + "end\n";
}

// The events of complete messages only: an error may come in the middle of one.
std::string complete_text(const Transcript& transcript) {
    std::string out;
    std::string message;
    for (const Said& said : transcript.events) {
        message += said.text + "\n";
        if (said.continues || said.text != "end") continue;
        out += message;
        message.clear();
    }
    return out;
}

void check(const Value& one, const Transcript& found) {
    INFO(one["name"].as<std::string>().value() << "\n" << found.text());
    std::string expected;
    for (std::size_t i = 0; i < one["messages"].size(); ++i) {
        expected += expected_text(one["messages"][i]);
    }
    CHECK(complete_text(found) == expected);
    const std::string code = one["error"].as<std::string>().value_or("none");
    CHECK((found.error ? std::string(found.error->name()) : "none") == code);
}

}  // namespace

TEST_CASE("the golden requests give their messages or their error at any cut", "[http1]") {
    const Value cases = cases_of("http1_requests.json");
    CHECK(cases.size() > 100);
    for (std::size_t i = 0; i < cases.size(); ++i) {
        const Transcript found = check_request(input_of(cases[i]["bytes"]));
        check(cases[i], found);
        // The status in the file is the one of the error table, but for 505 (version_test.cpp).
        if (found.error && !cases[i]["status"].is_null()) {
            const int status = cases[i]["status"].as<int>().value();
            if (status != 505) CHECK(status == found.error->http_status());
        }
    }
}

TEST_CASE("the golden responses give their messages or their error at any cut", "[http1]") {
    const Value cases = cases_of("http1_responses.json");
    CHECK(cases.size() > 50);
    for (std::size_t i = 0; i < cases.size(); ++i) {
        const bool to_head = cases[i]["to_head"].as<bool>().value_or(false);
        check(cases[i], check_response(input_of(cases[i]["bytes"]), {}, to_head));
    }
}

}  // namespace tidewire::test
