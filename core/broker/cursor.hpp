// Cursor: a place in a store. The same in every pattern and language, which is what lets a reader
// change from one pattern to another in mid-stream.
//
// A store is one sequence of appends. Its epoch changes whenever its content was lost or made anew,
// and each append gets a position, rising in commit order. So one pair serves any set of topics of
// a store, wildcards and topics made later included. Its text form is opaque to users.
#pragma once

#include <compare>
#include <cstdint>

namespace tidewire::broker {

struct Cursor {
    std::uint64_t epoch = 0;
    std::uint64_t position = 0;
    friend auto operator<=>(const Cursor&, const Cursor&) = default;
};

}  // namespace tidewire::broker
