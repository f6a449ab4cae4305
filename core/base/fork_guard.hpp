// ForkGuard: tells whether this process is a child that was forked after the guard was made.
//
// Threads do not survive fork(): a child that joined or woke one would hang. Asking costs one
// atomic read, since pthread_atfork() counts the forks instead of every call asking for the pid.
#pragma once

#include <cstdint>

namespace tidewire::base {

class ForkGuard {
public:
    ForkGuard() noexcept;
    [[nodiscard]] bool forked() const noexcept;

private:
    std::uint64_t generation_;
};

}  // namespace tidewire::base
