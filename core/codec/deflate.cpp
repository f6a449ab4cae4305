#include "codec/deflate.hpp"

#include <zlib.h>

#include <algorithm>
#include <array>
#include <bit>
#include <limits>

#include <tidewire/headers.hpp>

#include "base/assert.hpp"

namespace tidewire::codec {
namespace {

constexpr std::size_t kStepBytes = 16 * 1024;
// Below it a ratio says nothing: an empty page of a few hundred bytes is no attack.
constexpr std::size_t kFreeBytes = 1024 * 1024;
constexpr int kGzipFormat = 16;  // added to the bits of a window, as zlib wants it
constexpr int kWindowBitsMin = 9;
constexpr int kWindowBitsMax = 15;
// Of a body that goes out piece by piece: 64 KiB of state instead of 256.
constexpr int kStreamWindowBits = 13;
constexpr unsigned char kGzipFirstByte = 0x1f;
constexpr unsigned kZlibMethod = 8;

int window_bits(std::optional<std::size_t> size) noexcept {
    if (!size) return kStreamWindowBits;
    return std::clamp(static_cast<int>(std::bit_width(*size)), kWindowBitsMin, kWindowBitsMax);
}

Bytef* bytes_of(std::string_view text) noexcept {
    // zlib does not write to it, but its C interface says so only with ZLIB_CONST.
    return reinterpret_cast<Bytef*>(const_cast<char*>(text.data()));  // NOLINT
}

Error broken(std::string_view why) { return Error(ErrorCode::invalid_data, std::string(why)); }

}  // namespace

std::string_view name_of(ContentCoding coding) noexcept {
    constexpr std::array<std::string_view, 3> kNames{"identity", "gzip", "deflate"};
    return kNames[static_cast<std::size_t>(coding)];
}

std::optional<ContentCoding> coding_of(std::string_view name) noexcept {
    if (equals_ignoring_case(name, "gzip") || equals_ignoring_case(name, "x-gzip")) {
        return ContentCoding::gzip;
    }
    if (equals_ignoring_case(name, "deflate")) return ContentCoding::deflate;
    if (equals_ignoring_case(name, "identity")) return ContentCoding::identity;
    return std::nullopt;
}

struct Compressor::State {
    z_stream zlib{};

    void run(std::string& out, std::string_view bytes, int flush) {
        TIDEWIRE_ASSERT(bytes.size() <= std::numeric_limits<uInt>::max());
        zlib.next_in = bytes_of(bytes);
        zlib.avail_in = static_cast<uInt>(bytes.size());
        do {
            const std::size_t before = out.size();
            out.resize(before + std::max(kStepBytes / 4, bytes.size() / 4));
            zlib.next_out = reinterpret_cast<Bytef*>(out.data() + before);
            zlib.avail_out = static_cast<uInt>(out.size() - before);
            const int code = ::deflate(&zlib, flush);
            TIDEWIRE_ASSERT(code == Z_OK || code == Z_STREAM_END || code == Z_BUF_ERROR);
            out.resize(out.size() - zlib.avail_out);
        } while (zlib.avail_out == 0);
    }
};

Compressor::Compressor(ContentCoding coding, int level, std::optional<std::size_t> size)
    : state_(std::make_unique<State>()) {
    const int bits = window_bits(size);
    const int format = coding == ContentCoding::gzip ? bits + kGzipFormat : bits;
    // The table of hashes grows with the window.
    const int memory = std::clamp(bits - 7, 1, 8);
    const int code = deflateInit2(&state_->zlib, level, Z_DEFLATED, format, memory,
                                  Z_DEFAULT_STRATEGY);
    TIDEWIRE_ASSERT(code == Z_OK);
}

Compressor::~Compressor() { deflateEnd(&state_->zlib); }

void Compressor::write(std::string& out, std::string_view bytes) {
    state_->run(out, bytes, Z_SYNC_FLUSH);
}

void Compressor::finish(std::string& out, std::string_view bytes) {
    state_->run(out, bytes, Z_FINISH);
}

struct Inflater::State {
    ContentCoding coding{};
    InflateLimits limits{};
    z_stream zlib{};
    bool begun = false;
    bool ended = false;
    std::size_t taken = 0;
    std::size_t given = 0;
    std::optional<Error> error = std::nullopt;

    // The format shows in the first byte: no raw block begins with the method of zlib's header.
    void begin(unsigned char first) {
        int bits = kWindowBitsMax;
        if (coding == ContentCoding::gzip) {
            bits += kGzipFormat;
        } else if ((first & 0x0fU) != kZlibMethod) {
            bits = -bits;
        }
        begun = true;
        TIDEWIRE_ASSERT(inflateInit2(&zlib, bits) == Z_OK);
    }

    Result<void> fail(Error why) {
        error = std::move(why);
        return *error;
    }

    [[nodiscard]] bool too_much() const noexcept {
        if (given > limits.bytes_max) return true;
        return given > kFreeBytes && given / std::max<std::size_t>(taken, 1) > limits.ratio_max;
    }

    // A step of what `zlib` has left.
    Result<void> step(std::string& out) {
        const std::size_t before = out.size();
        // One byte over the limit is enough to know.
        const std::size_t room = std::min(kStepBytes - 1, limits.bytes_max - given) + 1;
        out.resize(before + room);
        zlib.next_out = reinterpret_cast<Bytef*>(out.data() + before);
        zlib.avail_out = static_cast<uInt>(room);
        const uInt in_before = zlib.avail_in;
        const int code = ::inflate(&zlib, Z_NO_FLUSH);
        taken += in_before - zlib.avail_in;
        given += room - zlib.avail_out;
        out.resize(before + room - zlib.avail_out);
        if (code == Z_STREAM_END) {
            ended = true;
        } else if (code != Z_OK && code != Z_BUF_ERROR) {
            return fail(broken("the body is not what its Content-Encoding says"));
        }
        if (too_much()) return fail(Error(ErrorCode::payload_too_large));
        return {};
    }

    Result<void> after_end() {
        if (coding != ContentCoding::gzip || *zlib.next_in != kGzipFirstByte) {
            return fail(broken("the body goes on after the end of its Content-Encoding"));
        }
        TIDEWIRE_ASSERT(inflateReset(&zlib) == Z_OK);
        ended = false;
        return {};
    }
};

Inflater::Inflater(ContentCoding coding, const InflateLimits& limits)
    : state_(std::make_unique<State>()) {
    state_->coding = coding;
    state_->limits = limits;
}

Inflater::~Inflater() {
    if (state_->begun) inflateEnd(&state_->zlib);
}

Result<void> Inflater::write(std::string& out, std::string_view bytes) {
    State& state = *state_;
    if (state.error) return *state.error;
    if (bytes.empty()) return {};
    if (!state.begun) state.begin(static_cast<unsigned char>(bytes.front()));
    while (!bytes.empty()) {
        const auto part = bytes.substr(0, std::numeric_limits<uInt>::max());
        bytes.remove_prefix(part.size());
        state.zlib.next_in = bytes_of(part);
        state.zlib.avail_in = static_cast<uInt>(part.size());
        // What fills the room to the last byte may have more to give without more input.
        do {
            if (state.ended && state.zlib.avail_in == 0) break;
            if (state.ended) {
                if (auto next = state.after_end(); !next) return next;
            }
            if (auto done = state.step(out); !done) return done;
        } while (state.zlib.avail_in > 0 || state.zlib.avail_out == 0);
    }
    return {};
}

Result<void> Inflater::finish() const {
    if (state_->error) return *state_->error;
    if (!state_->ended) return broken("the body ends before its Content-Encoding does");
    return {};
}

Result<std::string> inflate(ContentCoding coding, std::string_view body,
                            const InflateLimits& limits) {
    Inflater inflater(coding, limits);
    std::string out;
    if (auto written = inflater.write(out, body); !written) return written.error();
    if (auto whole = inflater.finish(); !whole) return whole.error();
    return out;
}

}  // namespace tidewire::codec
