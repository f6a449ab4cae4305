// Any bytes: parse and scan agree; what is read comes back from its dump, and dumps the same.

#include <cstdint>
#include <string_view>

#include <tidewire/value.hpp>

#include "cpp/fuzz/fuzz.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    using tidewire::Value;
    using tidewire::fuzz::require;
    const std::string_view text = tidewire::fuzz::text_of(data, size);
    const auto value = Value::parse(text);
    const auto facts = Value::scan(text);
    require(value.has_value() == facts.has_value(), "parse and scan agree");
    if (!value) {
        require(value.error() == facts.error(), "parse and scan give the same error");
        return 0;
    }
    require(facts->depth <= tidewire::JsonOptions{}.depth_max, "the depth is within its limit");
    const auto json = value->dump();
    require(json.has_value(), "what was read can be written");
    const auto again = Value::parse(*json);
    require(again.has_value() && *again == *value, "what was written reads the same");
    require(*again->dump() == *json, "and is written the same");
    return 0;
}
