// Numbers of JSON (RFC 8259 6): an integer within int64 or uint64 stays one, others are doubles.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include <tidewire/value.hpp>

namespace tidewire::serializer {

// `text` is the whole number. invalid_argument when it is none or greater than any double.
[[nodiscard]] Result<Value> parse_json_number(std::string_view text);

// The shortest text that gives the same double again, never one that reads as an integer.
// Contract: the number is finite.
void write_json_double(std::string& out, double number);

}  // namespace tidewire::serializer
