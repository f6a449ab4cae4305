// The content codings gzip and deflate (RFC 9110 8.4.1, RFC 1950 to 1952), over zlib, without I/O.
//
// An Inflater trusts nobody: what it gives out is bounded in bytes, and beyond its first MiB by a
// ratio to what came in, so that a few KB cannot cost the time and memory of many MB. `deflate` is
// read in the format of zlib, as the RFC says, and without its header, as some senders write it.
// gzip may have several members. What ends too early, or goes on after its end, is an error.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include <tidewire/result.hpp>

namespace tidewire::codec {

enum class ContentCoding : std::uint8_t { identity, gzip, deflate };

[[nodiscard]] std::string_view name_of(ContentCoding coding) noexcept;
// Of one name, without case; x-gzip is gzip. Nothing for a coding that is none of these.
[[nodiscard]] std::optional<ContentCoding> coding_of(std::string_view name) noexcept;

class Compressor {
public:
    // `level` 1 (fast) to 9 (small). `size`: of the whole, when it is known; small ones need less
    // memory. Contract: not identity.
    Compressor(ContentCoding coding, int level, std::optional<std::size_t> size = std::nullopt);
    ~Compressor();
    Compressor(const Compressor&) = delete;
    Compressor& operator=(const Compressor&) = delete;

    // Appends what `bytes` become, so that a reader gets all of them without waiting for more.
    void write(std::string& out, std::string_view bytes);
    // Appends the end, after `bytes`. Nothing may follow.
    void finish(std::string& out, std::string_view bytes = {});

private:
    struct State;
    std::unique_ptr<State> state_;
};

struct InflateLimits {
    std::size_t bytes_max = 16 * 1024 * 1024;
    std::size_t ratio_max = 200;
};

class Inflater {
public:
    // Contract: not identity.
    Inflater(ContentCoding coding, const InflateLimits& limits);
    ~Inflater();
    Inflater(const Inflater&) = delete;
    Inflater& operator=(const Inflater&) = delete;

    // Appends what `bytes` were. payload_too_large over a limit, invalid_data for what is none of
    // the coding; an error is for ever.
    [[nodiscard]] Result<void> write(std::string& out, std::string_view bytes);
    // After the last: invalid_data when something is missing.
    [[nodiscard]] Result<void> finish() const;

private:
    struct State;
    std::unique_ptr<State> state_;
};

// The whole of a body.
[[nodiscard]] Result<std::string> inflate(ContentCoding coding, std::string_view body,
                                          const InflateLimits& limits);

}  // namespace tidewire::codec
