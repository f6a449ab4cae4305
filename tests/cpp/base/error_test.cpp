#include <tidewire/error.hpp>

#include <catch2/catch.hpp>

#include <string>

#include <tidewire/result.hpp>

namespace tidewire {

TEST_CASE("every row of the error table stands at the place of its code", "[error]") {
    for (std::size_t i = 0; i < kErrorTable.size(); ++i) {
        CHECK(static_cast<std::size_t>(kErrorTable[i].code) == i);
        CHECK(error_code_from_name(kErrorTable[i].name) == kErrorTable[i].code);
    }
    CHECK_FALSE(error_code_from_name("no_such_code"));
    CHECK_FALSE(error_code_from_name(""));
}

TEST_CASE("an HTTP status without a code becomes the plain code of that status", "[error]") {
    CHECK(error_code_from_http_status(400) == ErrorCode::invalid_argument);
    CHECK(error_code_from_http_status(401) == ErrorCode::unauthenticated);
    CHECK(error_code_from_http_status(404) == ErrorCode::not_found);
    CHECK(error_code_from_http_status(409) == ErrorCode::conflict);
    CHECK(error_code_from_http_status(413) == ErrorCode::payload_too_large);
    CHECK(error_code_from_http_status(503) == ErrorCode::unavailable);
    CHECK(error_code_from_http_status(504) == ErrorCode::timeout);
    CHECK(error_code_from_http_status(418) == ErrorCode::invalid_argument);
    CHECK(error_code_from_http_status(599) == ErrorCode::internal);
}

TEST_CASE("a code without a message has the sentence of the table", "[error]") {
    const Error bare(ErrorCode::not_found);
    CHECK(bare.message() == error_row(ErrorCode::not_found).when);
    CHECK(std::string(bare.what()) == "not_found");
    const Error told(ErrorCode::timeout, "It took 3 s.");
    CHECK(told.message() == "It took 3 s.");
    CHECK(std::string(told.what()) == "It took 3 s.");
    CHECK(told.name() == "timeout");
    CHECK(told.retryable());
    CHECK(told.http_status() == 504);
    CHECK(Error(ErrorCode::cancelled).http_status() == 0);
}

TEST_CASE("the value of a failed result throws its error", "[error]") {
    const Result<int> failed = Error(ErrorCode::gap, "gone");
    CHECK_FALSE(failed);
    CHECK(failed.value_or(7) == 7);
    CHECK_THROWS_AS(failed.value(), Error);
    const Result<void> nothing = Error(ErrorCode::gap);
    CHECK_THROWS_AS(nothing.value(), Error);
    CHECK_NOTHROW(Result<void>().value());
}

TEST_CASE("and_then goes on with a value and passes an error by", "[error]") {
    const auto half = [](int n) -> Result<int> {
        if (n % 2 != 0) return Error(ErrorCode::invalid_argument, "odd");
        return n / 2;
    };
    CHECK(*Result<int>(8).and_then(half).and_then(half) == 2);
    CHECK(Result<int>(6).and_then(half).and_then(half).error().message() == "odd");
}

}  // namespace tidewire
