// A client that polls, probes or reads the same thing again sends the same head, byte for byte: on
// a kept connection it is recognised instead of parsed. What the bytes mean hangs on the bytes
// alone, so that the outcome is the parser's.
//
// A head is kept when it comes for the second time, so that one that is always new costs no more
// than a copy of its text.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace tidewire::codec::http1 {

template <class Head>
class RepeatedHead {
public:
    // The size of the head that `input` begins with, which is then written to `head`; 0: it is
    // another one than last time.
    [[nodiscard]] std::size_t recall(std::string_view input, Head& head) const {
        if (!parsed_ || !input.starts_with(text_)) return 0;
        head = head_;
        return text_.size();
    }

    // A whole head, and what it was parsed to.
    void remember(std::string_view text, const Head& head) {
        if (text.size() > kBytesMax) return;
        parsed_ = text == text_;
        if (parsed_) {
            head_ = head;
        } else {
            text_.assign(text);
        }
    }

private:
    // Of one connection among very many.
    static constexpr std::size_t kBytesMax = 1024;

    std::string text_;
    Head head_;
    bool parsed_ = false;  // head_ is of text_
};

}  // namespace tidewire::codec::http1
