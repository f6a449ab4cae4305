#include "codec/deflate.hpp"

#include <catch2/catch.hpp>

#include <algorithm>
#include <string>

#include "codec/accept_encoding.hpp"

using namespace tidewire;
using codec::choose_coding;
using codec::Compressor;
using codec::ContentCoding;
using codec::Inflater;

namespace {

std::string sample() {
    std::string text;
    for (int i = 0; i < 3'000; ++i) text += "{\"number\":" + std::to_string(i * 7919) + "},";
    return text;
}

std::string deflated(ContentCoding coding, std::string_view body) {
    std::string out;
    Compressor(coding, 6, body.size()).finish(out, body);
    return out;
}

// Both members and the trailer of a gzip made elsewhere: `printf hi | gzip -n`.
const std::string kHi("\x1f\x8b\x08\x00\x00\x00\x00\x00\x00\x03\xcb\xc8\x04\x00\xac\x2a\x93\xd8\x02"
                      "\x00\x00\x00",
                      22);

// In pieces of `step` bytes; the outcome must not hang on them.
Result<std::string> inflated_by(std::size_t step, ContentCoding coding, std::string_view body,
                                const codec::InflateLimits& limits = {}) {
    Inflater inflater(coding, limits);
    std::string out;
    for (std::size_t at = 0; at < body.size(); at += step) {
        if (auto done = inflater.write(out, body.substr(at, step)); !done) return done.error();
    }
    if (auto whole = inflater.finish(); !whole) return whole.error();
    return out;
}

ContentCoding choice(std::string_view field) {
    Headers headers;
    headers.add_unchecked("Accept-Encoding", field);
    return choose_coding(headers);
}

}  // namespace

TEST_CASE("what is compressed comes back, however it is cut", "[deflate]") {
    const std::string text = sample();
    for (const auto coding : {ContentCoding::gzip, ContentCoding::deflate}) {
        for (const std::size_t size : {0UL, 1UL, 300UL, text.size()}) {
            const std::string part = text.substr(0, size);
            const std::string coded = deflated(coding, part);
            for (const std::size_t step : {1UL, 7UL, 4096UL, 1'000'000UL}) {
                CHECK(inflated_by(step, coding, coded).value() == part);
            }
        }
    }
}

TEST_CASE("gzip of others is read, in several members too", "[deflate]") {
    CHECK(codec::inflate(ContentCoding::gzip, kHi, {}).value() == "hi");
    CHECK(inflated_by(1, ContentCoding::gzip, kHi + kHi).value() == "hihi");
    CHECK(inflated_by(22, ContentCoding::gzip, kHi + kHi).value() == "hihi");
}

TEST_CASE("deflate without the header of zlib is read", "[deflate]") {
    const std::string whole = deflated(ContentCoding::deflate, "hello hello hello");
    const std::string raw = whole.substr(2, whole.size() - 6);
    CHECK(codec::inflate(ContentCoding::deflate, raw, {}).value() == "hello hello hello");
}

TEST_CASE("what ends early, goes on, or is something else is invalid_data", "[deflate]") {
    const std::string bad_sum = kHi.substr(0, 14) + "\x01" + kHi.substr(15);
    for (const std::string& body :
         {std::string("plain text"), kHi.substr(0, 12), kHi + "x", kHi + '\0', bad_sum}) {
        for (const std::size_t step : {1UL, 100UL}) {
            const auto read = inflated_by(step, ContentCoding::gzip, body);
            REQUIRE_FALSE(read);
            CHECK(read.error().code() == ErrorCode::invalid_data);
        }
    }
    CHECK_FALSE(codec::inflate(ContentCoding::deflate, "\x78\x9c", {}));
    CHECK_FALSE(codec::inflate(ContentCoding::gzip, "", {}));
}

TEST_CASE("a body is bounded after decompression, to the byte", "[deflate]") {
    const std::string text = sample();
    const std::string coded = deflated(ContentCoding::gzip, text);
    CHECK(codec::inflate(ContentCoding::gzip, coded, {text.size(), 200}).value() == text);
    const auto over = codec::inflate(ContentCoding::gzip, coded, {text.size() - 1, 200});
    REQUIRE_FALSE(over);
    CHECK(over.error().code() == ErrorCode::payload_too_large);
}

TEST_CASE("a bomb is refused for its ratio, after little of it was held", "[deflate]") {
    const std::string bomb = deflated(ContentCoding::gzip, std::string(64 << 20, 'a'));
    Inflater inflater(ContentCoding::gzip, {1ULL << 40U, 200});
    std::string out;
    const auto done = inflater.write(out, bomb);
    REQUIRE_FALSE(done);
    CHECK(done.error().code() == ErrorCode::payload_too_large);
    CHECK(out.size() < (2 << 20));
    CHECK_FALSE(inflater.write(out, "more"));  // for ever
    // As much of it as anybody may send.
    const std::string page = deflated(ContentCoding::gzip, std::string(1 << 20, 'a'));
    CHECK(codec::inflate(ContentCoding::gzip, page, {1 << 20, 200}).has_value());
}

TEST_CASE("each piece that is written can be read at once", "[deflate]") {
    Compressor compressor(ContentCoding::gzip, 4);
    Inflater inflater(ContentCoding::gzip, {});
    for (const std::string_view piece : {"one", "two", "three"}) {
        std::string coded;
        std::string out;
        compressor.write(coded, piece);
        REQUIRE(inflater.write(out, coded));
        CHECK(out == piece);
    }
    std::string end;
    std::string out;
    compressor.finish(end);
    REQUIRE(inflater.write(out, end));
    CHECK(inflater.finish());
}

TEST_CASE("of the codings that are accepted the one of most weight is taken", "[deflate]") {
    using enum ContentCoding;
    CHECK(choice("gzip, deflate, br") == gzip);
    CHECK(choice("deflate, x-gzip") == gzip);
    CHECK(choice("GZIP;q=0.5, deflate;q=0.8") == deflate);
    CHECK(choice("gzip ; q=0.2, identity;q=0.5") == identity);
    CHECK(choice("gzip;q=0") == identity);
    CHECK(choice("*") == gzip);
    CHECK(choice("gzip;q=0, *;q=0.1") == deflate);
    CHECK(choice("br, zstd") == identity);
    CHECK(choice("identity;q=0, *;q=0") == identity);  // which is sent all the same
    CHECK(choice("") == identity);
    CHECK(choice(",, ,gzip;q=0.001,") == gzip);
}

TEST_CASE("a coding whose weight is malformed is not taken", "[deflate]") {
    for (const char* q : {"2", "1.1", "0.5555", "-1", "x", "", ".5", "0,5", "00"}) {
        INFO(q);
        CHECK(choice("gzip;q=" + std::string(q)) == ContentCoding::identity);
    }
    CHECK(choice("gzip;level=9") == ContentCoding::identity);
}
