// Reads HTTP/1.1 responses exactly: a generator that only counted bytes would also count errors.
//
// Contract: a response is right when its status is 200, its content type is application/json, its
// length is given by Content-Length (RFC 9112 section 6.3) and its body is the expected one. Three
// outcomes: a whole response with its length in bytes, not enough bytes yet, or wrong with a
// reason.
//
// Servers repeat the same head thousands of times, so the last head is remembered: equal bytes
// parse to an equal result. That makes reading cheap enough not to be what is measured.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace load {

struct Read {
    enum class Kind { whole, more, wrong };
    Kind kind;
    std::size_t bytes = 0;         // of the whole response, when whole
    std::string_view reason = {};  // when wrong
};

class ResponseReader {
public:
    explicit ResponseReader(std::string expected_body) : expected_body_(std::move(expected_body)) {}

    // Reads the response at the front of `input`.
    Read read(std::string_view input);

    // What the server's last new head was, for the report of a failure.
    const std::string& last_head() const { return head_; }

private:
    // Checks a head that was not seen before; an empty reason means that it is right.
    std::string_view check_head(std::string_view head) const;

    std::string expected_body_;
    std::string head_;  // the last right head, with the empty line that ends it
};

}  // namespace load
