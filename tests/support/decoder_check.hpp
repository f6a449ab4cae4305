// The contract of codec/decoder.hpp, checked for any Decoder on any bytes: one suite for all.
//
//     const Transcript said = check_decoder(
//         bytes, [] { return std::make_unique<RequestParser>(ParserLimits{}); },
//         [](RequestParser& parser, const Event& event) { return Said{...}; });
//
// It runs the decoder on the whole of the bytes, byte by byte, cut in two at every place and at
// random cuts, and throws std::logic_error when the events or the error differ, or when something
// else than the error comes after it. Each piece is overwritten as soon as the decoder has asked
// for more, so that a decoder which still looks at lent bytes gives other events.
//
// It knows no test framework: the fuzz targets use it too.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <random>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

#include <tidewire/result.hpp>

#include "codec/decoder.hpp"

namespace tidewire::test {

// An event as text. Pieces of one body are one text, however they were cut.
struct Said {
    std::string text;
    bool continues = false;  // joins the text before it, if that continues too
};

struct Transcript {
    std::vector<Said> events;
    std::optional<Error> error;
    std::size_t events_before_eof = 0;
    bool error_before_eof = false;

    [[nodiscard]] std::string text() const {
        std::string out;
        for (const Said& said : events) out += said.text + "\n";
        if (error) out += "error " + std::string(error->name()) + ": " +
                          std::string(error->message()) + "\n";
        return out;
    }
};

namespace detail {

inline void add(Transcript& transcript, Said said) {
    const bool joins = said.continues && !transcript.events.empty() &&
                       transcript.events.back().continues;
    if (joins) {
        transcript.events.back().text += said.text;
    } else {
        transcript.events.push_back(std::move(said));
    }
}

// Takes all events that the decoder has; false after an error.
template <class D, class Render>
bool drain(D& decoder, Render& render, Transcript& transcript) {
    while (true) {
        auto event = decoder.next();
        if (!event) {
            transcript.error = event.error();
            for (int again = 0; again < 2; ++again) {
                auto later = decoder.next();
                if (later || !(later.error() == *transcript.error)) {
                    throw std::logic_error("something else came after the error:\n" +
                                           transcript.text());
                }
            }
            return false;
        }
        if (!*event) return true;
        add(transcript, render(decoder, **event));
    }
}

}  // namespace detail

// Runs the decoder on the bytes, cut at `cuts` (ascending), and then ends the input.
template <class Make, class Render>
Transcript run_decoder(std::string_view bytes, const std::vector<std::size_t>& cuts, Make make,
                       Render render) {
    auto decoder = make();
    static_assert(codec::Decoder<std::remove_reference_t<decltype(*decoder)>>);
    Transcript transcript;
    std::size_t begin = 0;
    for (std::size_t i = 0; i <= cuts.size(); ++i) {
        const std::size_t end = i < cuts.size() ? cuts[i] : bytes.size();
        // A piece of its own, so that a sanitizer sees a read beyond its end.
        std::vector<char> piece(bytes.begin() + static_cast<std::ptrdiff_t>(begin),
                                bytes.begin() + static_cast<std::ptrdiff_t>(end));
        begin = end;
        decoder->feed({piece.data(), piece.size()});
        const bool goes_on = detail::drain(*decoder, render, transcript);
        std::ranges::fill(piece, '#');
        if (!goes_on) {
            transcript.events_before_eof = transcript.events.size();
            transcript.error_before_eof = true;
            return transcript;
        }
    }
    transcript.events_before_eof = transcript.events.size();
    decoder->feed_eof();
    detail::drain(*decoder, render, transcript);
    return transcript;
}

// How many ways of cutting are tried besides whole and byte by byte.
struct Cuts {
    std::size_t in_two_max = 1000;  // evenly spread; every place of a shorter text
    int random = 16;
    std::uint32_t seed = 1;
};

template <class Make, class Render>
Transcript check_decoder(std::string_view bytes, Make make, Render render, Cuts tried = {}) {
    const Transcript whole = run_decoder(bytes, {}, make, render);
    const std::string expected = whole.text();
    const auto compare = [&](const std::vector<std::size_t>& cuts, const std::string& how) {
        const std::string found = run_decoder(bytes, cuts, make, render).text();
        if (found == expected) return;
        throw std::logic_error("cut " + how + " the decoder says\n" + found + "and whole\n" +
                               expected);
    };

    std::vector<std::size_t> all;
    for (std::size_t i = 1; i < bytes.size(); ++i) all.push_back(i);
    compare(all, "byte by byte");

    const std::size_t stride = bytes.size() / tried.in_two_max + 1;
    for (std::size_t i = 0; i <= bytes.size(); i += stride) {
        compare({i}, "in two at " + std::to_string(i));
    }

    std::mt19937 random(tried.seed);
    for (int round = 0; round < tried.random; ++round) {
        const double share = std::uniform_real_distribution<double>(0.001, 0.5)(random);
        std::bernoulli_distribution here(share);
        std::vector<std::size_t> cuts;
        std::ranges::copy_if(all, std::back_inserter(cuts),
                             [&](std::size_t) { return here(random); });
        compare(cuts, "at random (seed " + std::to_string(tried.seed) + ")");
    }
    return whole;
}

}  // namespace tidewire::test
