// Errors as values: a code of the one table (error_codes.hpp, docs/errors.md) and a sentence.
//
// Nothing in tidewire throws except `Result::value()` of an error. An Error is itself a
// std::exception so that it can be thrown there and caught by type.
#pragma once

#include <exception>
#include <optional>
#include <string>
#include <string_view>

#include <tidewire/error_codes.hpp>

namespace tidewire {

// The row of `code` in the error table.
[[nodiscard]] constexpr const ErrorRow& error_row(ErrorCode code) noexcept {
    return kErrorTable[static_cast<std::size_t>(code)];
}

// The code spelled `name`, if the table has it.
[[nodiscard]] std::optional<ErrorCode> error_code_from_name(std::string_view name) noexcept;

// The code for an HTTP status of 400 and above from a peer that sent no code of ours. A status
// that no row names becomes invalid_argument (4xx) or internal (5xx).
[[nodiscard]] ErrorCode error_code_from_http_status(int status) noexcept;

class Error : public std::exception {
public:
    explicit Error(ErrorCode code) : code_(code) {}
    Error(ErrorCode code, std::string message) : code_(code), message_(std::move(message)) {}

    [[nodiscard]] ErrorCode code() const noexcept { return code_; }
    [[nodiscard]] std::string_view name() const noexcept { return error_row(code_).name; }
    [[nodiscard]] bool retryable() const noexcept { return error_row(code_).retryable; }
    // 0 when the code never travels over HTTP.
    [[nodiscard]] int http_status() const noexcept { return error_row(code_).http_status; }
    // The sentence for a person; the table's own when none was given.
    [[nodiscard]] std::string_view message() const noexcept {
        return message_.empty() ? error_row(code_).when : std::string_view(message_);
    }
    [[nodiscard]] const char* what() const noexcept override {
        return message_.empty() ? error_row(code_).name.data() : message_.c_str();
    }

    friend bool operator==(const Error& a, const Error& b) noexcept {
        return a.code_ == b.code_ && a.message_ == b.message_;
    }

private:
    ErrorCode code_;
    std::string message_;
};

}  // namespace tidewire
