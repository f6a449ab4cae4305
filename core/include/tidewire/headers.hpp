// Headers: the fields of an HTTP message, in order, names compared without case (RFC 9110 5).
//
// All names and values stand in one block of text, so that a message read from the wire costs no
// allocation per field, and an object used again costs none at all.
#pragma once

#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <tidewire/result.hpp>

namespace tidewire {

class Headers {
public:
    struct Field {
        std::string_view name;
        std::string_view value;
        friend bool operator==(const Field&, const Field&) = default;
    };

    Headers() = default;
    // Contract: each pair is valid; one that is not is left out. For literals; use add() for what
    // comes from elsewhere.
    Headers(std::initializer_list<std::pair<std::string_view, std::string_view>> fields);

    // Appends a field. invalid_argument when the name is no token (RFC 9110 5.6.2) or the value has
    // CR, LF, NUL or another control character (RFC 9110 5.5): they never get to the wire.
    Result<void> add(std::string_view name, std::string_view value);
    // The same after removing every field of that name.
    Result<void> set(std::string_view name, std::string_view value);
    // Appends without a check: for a parser that has made it.
    void add_unchecked(std::string_view name, std::string_view value);
    void remove(std::string_view name);
    void clear() noexcept;

    // The first field of that name. Views last until the next change.
    [[nodiscard]] std::optional<std::string_view> get(std::string_view name) const noexcept;
    [[nodiscard]] std::size_t count(std::string_view name) const noexcept;
    [[nodiscard]] std::size_t size() const noexcept { return entries_.size(); }
    [[nodiscard]] bool empty() const noexcept { return entries_.empty(); }
    // Contract: index < size().
    [[nodiscard]] Field operator[](std::size_t index) const noexcept;

    friend bool operator==(const Headers& a, const Headers& b) noexcept;

private:
    // The value follows its name in block_.
    struct Entry {
        std::uint32_t begin;
        std::uint32_t name_size;
        std::uint32_t value_size;
    };
    std::string block_;
    std::vector<Entry> entries_;
};

// Compares without case, ASCII only, as HTTP's names do.
[[nodiscard]] bool equals_ignoring_case(std::string_view a, std::string_view b) noexcept;

}  // namespace tidewire
