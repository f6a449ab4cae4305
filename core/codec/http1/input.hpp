// The bytes that a parser has still to read: lent by the caller while that is possible, so that a
// message that comes in one piece is never copied; kept here when a piece ends in the middle.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace tidewire::codec::http1 {

class Input {
public:
    void lend(std::string_view bytes) {
        if (rest_.empty()) {
            kept_.clear();
            rest_ = bytes;
            lent_ = true;
            return;
        }
        keep();
        kept_.append(bytes);
        rest_ = kept_;
    }

    // After the caller's bytes are gone only what keep() has copied may be looked at.
    void keep() {
        if (lent_) {
            kept_.assign(rest_);
        } else if (rest_.size() != kept_.size()) {
            kept_.erase(0, kept_.size() - rest_.size());
        }
        // An idle connection must not hold the room of its largest head.
        if (kept_.empty() && kept_.capacity() > kIdleBytesMax) kept_ = std::string();
        rest_ = kept_;
        lent_ = false;
    }

    [[nodiscard]] std::string_view rest() const noexcept { return rest_; }
    [[nodiscard]] bool empty() const noexcept { return rest_.empty(); }

    // Contract: count <= rest().size(). The view lasts until the next lend() or keep().
    std::string_view take(std::size_t count) noexcept {
        const std::string_view taken = rest_.substr(0, count);
        rest_.remove_prefix(count);
        return taken;
    }

private:
    static constexpr std::size_t kIdleBytesMax = 4096;

    std::string kept_;
    std::string_view rest_;  // of the caller's bytes if lent_, else a tail of kept_
    bool lent_ = false;
};

}  // namespace tidewire::codec::http1
