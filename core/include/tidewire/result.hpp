// Result<T>: a value or an Error, with std::expected's names (C++23, [expected]).
//
// An Error converts to any Result, so functions end with `return Error(ErrorCode::not_found);`.
// `value()` of an error throws that Error; everything else is noexcept or a contract.
#pragma once

#include <optional>
#include <type_traits>
#include <utility>
#include <variant>

#include <tidewire/error.hpp>

namespace tidewire {

template <class T>
class [[nodiscard]] Result {
public:
    using value_type = T;
    using error_type = Error;

    // NOLINTBEGIN(google-explicit-constructor): a function returns either side as it is.
    Result(T value) : state_(std::in_place_index<0>, std::move(value)) {}
    Result(Error error) : state_(std::in_place_index<1>, std::move(error)) {}
    // NOLINTEND(google-explicit-constructor)

    [[nodiscard]] bool has_value() const noexcept { return state_.index() == 0; }
    explicit operator bool() const noexcept { return has_value(); }

    // Throws the Error when there is no value.
    [[nodiscard]] T& value() & {
        if (!has_value()) throw error();
        return **this;
    }
    [[nodiscard]] const T& value() const& {
        if (!has_value()) throw error();
        return **this;
    }
    [[nodiscard]] T&& value() && {
        if (!has_value()) throw error();
        return std::move(**this);
    }

    // Contract: has_value().
    [[nodiscard]] T& operator*() & noexcept { return *std::get_if<0>(&state_); }
    [[nodiscard]] const T& operator*() const& noexcept { return *std::get_if<0>(&state_); }
    [[nodiscard]] T&& operator*() && noexcept { return std::move(*std::get_if<0>(&state_)); }
    [[nodiscard]] T* operator->() noexcept { return std::get_if<0>(&state_); }
    [[nodiscard]] const T* operator->() const noexcept { return std::get_if<0>(&state_); }

    // Contract: !has_value().
    [[nodiscard]] const Error& error() const noexcept { return *std::get_if<1>(&state_); }

    template <class U>
    [[nodiscard]] T value_or(U&& fallback) const& {
        return has_value() ? **this : static_cast<T>(std::forward<U>(fallback));
    }

    template <class F>
    auto and_then(F&& next) && -> std::invoke_result_t<F, T&&> {
        if (!has_value()) return error();
        return std::forward<F>(next)(std::move(**this));
    }

private:
    std::variant<T, Error> state_;
};

template <>
class [[nodiscard]] Result<void> {
public:
    using value_type = void;
    using error_type = Error;

    Result() = default;
    // NOLINTNEXTLINE(google-explicit-constructor): a function returns either side as it is.
    Result(Error error) : error_(std::move(error)) {}

    [[nodiscard]] bool has_value() const noexcept { return !error_.has_value(); }
    explicit operator bool() const noexcept { return has_value(); }
    // Throws the Error when there is one.
    void value() const {
        if (error_) throw *error_;
    }
    // Contract: !has_value().
    [[nodiscard]] const Error& error() const noexcept { return *error_; }

private:
    std::optional<Error> error_;
};

}  // namespace tidewire
