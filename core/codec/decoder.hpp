// The waist of every codec: bytes in, events out, no socket, no clock, no thread.
//
//     decoder.feed(bytes);                  // lends the bytes until next() has given nullopt
//     while (true) {
//         auto event = decoder.next();      // Result<std::optional<Event>>
//         if (!event) ...                   // the peer is wrong; this Error is for ever
//         if (!*event) break;               // needs more bytes
//         use(**event);                     // views in it last until the next call of next()
//     }
//     decoder.feed_eof();                   // then next() again: an end in the middle is an Error
//
// Contract, checked by tests/support/decoder_check.hpp for each implementation:
// 1. The same events however the bytes are cut.
// 2. After an Error, next() gives that Error and nothing else.
// 3. Memory held is bounded by the limits given to the constructor.
// 4. feed() is called only after next() has given nullopt (or before the first next()).
//
// Writers have no state worth a class: `void write(std::string& out, const Event&)`.
#pragma once

#include <concepts>
#include <optional>
#include <string_view>

#include <tidewire/result.hpp>

namespace tidewire::codec {

template <class T>
concept Decoder = requires(T decoder, std::string_view bytes) {
    typename T::Event;
    { decoder.feed(bytes) } -> std::same_as<void>;
    { decoder.feed_eof() } -> std::same_as<void>;
    { decoder.next() } -> std::same_as<Result<std::optional<typename T::Event>>>;
};

}  // namespace tidewire::codec
