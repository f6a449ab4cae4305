// Vitals: what a server tells of itself, over all its loops: stats(), /readyz, /metrics.
//
// Its routes hold it weakly, since they live with the loops, which may outlive a server that is
// destroyed on one of them.
#pragma once

#include <atomic>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include <tidewire/server.hpp>

#include "patterns/request_response/server.hpp"

namespace tidewire::api {

class LoopServer;

class Vitals {
public:
    explicit Vitals(std::shared_ptr<Host> host) : host_(std::move(host)) {}

    void add(std::shared_ptr<LoopServer> server);
    [[nodiscard]] std::vector<std::shared_ptr<LoopServer>> servers() const;
    // No lock may be held where the result is dropped, since that waits for the loops.
    [[nodiscard]] std::vector<std::shared_ptr<LoopServer>> take_servers();

    [[nodiscard]] ServerStats stats() const;
    // In Prometheus' text format; `names` are those of the operations, by number.
    [[nodiscard]] std::string metrics(const std::vector<std::string>& names) const;

    // What the application says, and whether the server takes part at all.
    std::atomic<bool> ready{true};
    std::atomic<bool> serving{false};

private:
    // Of all that is read from the loops' servers; nothing waits while it is held.
    mutable std::mutex mutex_;
    std::vector<std::shared_ptr<LoopServer>> servers_;
    const std::shared_ptr<Host> host_;
};

// Registers /healthz, /readyz and /metrics.
Result<void> add_operations(patterns::request_response::Service& service,
                            const std::shared_ptr<Vitals>& vitals);

}  // namespace tidewire::api
