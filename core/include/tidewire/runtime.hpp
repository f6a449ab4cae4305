// Runtime: the threads on which a server's or a client's sockets and timers live.
//
// Each has one event loop; they are independent and share nothing but the listening port. A Server
// makes its own Runtime unless it is given one, and so does a Client; many clients may share one.
// After fork() the child has the object but not the threads: everything then answers `misuse`.
#pragma once

#include <cstddef>
#include <memory>

namespace tidewire {

namespace api {
class RuntimeImpl;
}

class Runtime {
public:
    // Starts `loops` threads (1 to 256).
    [[nodiscard]] static std::shared_ptr<Runtime> create(std::size_t loops = 1);
    ~Runtime();  // stops; on one of its own threads it does not wait for that thread
    Runtime(const Runtime&) = delete;
    Runtime& operator=(const Runtime&) = delete;

    [[nodiscard]] std::size_t loops() const noexcept;
    // False after stop() and in a child of fork().
    [[nodiscard]] bool alive() const noexcept;
    // Ends the loops and waits for their threads. What was under way on them never settles, so
    // close servers and clients first. Idempotent.
    void stop();

    [[nodiscard]] api::RuntimeImpl& impl() const noexcept { return *impl_; }

private:
    explicit Runtime(std::unique_ptr<api::RuntimeImpl> impl);
    std::unique_ptr<api::RuntimeImpl> impl_;
};

}  // namespace tidewire
