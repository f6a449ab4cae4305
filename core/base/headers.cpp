#include <tidewire/headers.hpp>

#include <algorithm>

#include "base/field_text.hpp"

namespace tidewire {
namespace {

constexpr char lower(char c) noexcept {
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c + ('a' - 'A')) : c;
}

}  // namespace

bool equals_ignoring_case(std::string_view a, std::string_view b) noexcept {
    if (a.size() != b.size()) return false;
    for (std::size_t i = 0; i < a.size(); ++i) {
        if (a[i] != b[i] && lower(a[i]) != lower(b[i])) return false;
    }
    return true;
}

Headers::Headers(std::initializer_list<std::pair<std::string_view, std::string_view>> fields) {
    for (const auto& [name, value] : fields) {
        if (base::is_token(name) && base::is_field_value(value)) add_unchecked(name, value);
    }
}

Result<void> Headers::add(std::string_view name, std::string_view value) {
    if (!base::is_token(name)) {
        return Error(ErrorCode::invalid_argument,
                     "The name of a header field has characters that are not allowed.");
    }
    if (!base::is_field_value(value)) {
        return Error(ErrorCode::invalid_argument,
                     "The value of the header field " + std::string(name) +
                         " has a line break or another control character.");
    }
    // Blanks around a value are no part of it (RFC 9110 5.5), so a peer would not see them.
    add_unchecked(name, base::trim_blanks(value));
    return {};
}

Result<void> Headers::set(std::string_view name, std::string_view value) {
    // Copies first: the arguments may be views into this object.
    const std::string own_name(name);
    const std::string own_value(value);
    Headers checked;
    if (auto added = checked.add(own_name, own_value); !added) return added;
    remove(own_name);
    add_unchecked(own_name, checked[0].value);
    return {};
}

void Headers::add_unchecked(std::string_view name, std::string_view value) {
    const auto begin = static_cast<std::uint32_t>(block_.size());
    block_.append(name).append(value);
    entries_.push_back({begin, static_cast<std::uint32_t>(name.size()),
                        static_cast<std::uint32_t>(value.size())});
}

void Headers::remove(std::string_view name) {
    if (count(name) == 0) return;
    Headers kept;
    kept.block_.reserve(block_.size());
    kept.entries_.reserve(entries_.size());
    for (std::size_t i = 0; i < size(); ++i) {
        const Field field = (*this)[i];
        if (!equals_ignoring_case(field.name, name)) kept.add_unchecked(field.name, field.value);
    }
    *this = std::move(kept);
}

void Headers::clear() noexcept {
    block_.clear();
    entries_.clear();
}

std::optional<std::string_view> Headers::get(std::string_view name) const noexcept {
    for (const Entry& entry : entries_) {
        if (entry.name_size != name.size()) continue;
        const std::string_view block(block_);
        if (equals_ignoring_case(block.substr(entry.begin, entry.name_size), name)) {
            return block.substr(entry.begin + entry.name_size, entry.value_size);
        }
    }
    return std::nullopt;
}

std::size_t Headers::count(std::string_view name) const noexcept {
    return static_cast<std::size_t>(std::ranges::count_if(entries_, [&](const Entry& entry) {
        return equals_ignoring_case(
            std::string_view(block_).substr(entry.begin, entry.name_size), name);
    }));
}

Headers::Field Headers::operator[](std::size_t index) const noexcept {
    const Entry& entry = entries_[index];
    const std::string_view block(block_);
    return {block.substr(entry.begin, entry.name_size),
            block.substr(entry.begin + entry.name_size, entry.value_size)};
}

bool operator==(const Headers& a, const Headers& b) noexcept {
    if (a.size() != b.size()) return false;
    for (std::size_t i = 0; i < a.size(); ++i) {
        if (!equals_ignoring_case(a[i].name, b[i].name) || a[i].value != b[i].value) return false;
    }
    return true;
}

}  // namespace tidewire
