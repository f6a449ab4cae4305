// Message: one entry of a topic. Immutable once appended; shared by all its readers.
#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <tidewire/headers.hpp>

#include "broker/cursor.hpp"

namespace tidewire::broker {

struct Message {
    std::string topic;
    Cursor cursor;             // of this message: reading after it gives the next one
    std::uint64_t offset = 0;  // dense within the topic
    std::chrono::milliseconds time{0};  // since 1970, UTC
    std::optional<std::string> key;
    std::optional<std::string> id;  // for deduplication
    Headers headers;
    std::string content_type;
    std::string payload;
};

using MessagePointer = std::shared_ptr<const Message>;

}  // namespace tidewire::broker
