// TIDEWIRE_ASSERT: a broken invariant is a bug here, not an error of a peer. It is checked in
// release builds too and ends the process, since going on would spread the damage.
#pragma once

namespace tidewire::base {
[[noreturn]] void assertion_failed(const char* what, const char* file, int line) noexcept;
}

#define TIDEWIRE_ASSERT(condition)                                                       \
    (static_cast<bool>(condition)                                                        \
         ? static_cast<void>(0)                                                          \
         : ::tidewire::base::assertion_failed(#condition, __FILE__, __LINE__))
