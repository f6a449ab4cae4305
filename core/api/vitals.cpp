#include "api/vitals.hpp"

#include <array>
#include <cstddef>
#include <utility>

#include <tidewire/host.hpp>
#include <tidewire/version.hpp>

#include "api/process_figures.hpp"
#include "api/server_impl.hpp"
#include "patterns/operations/exposition.hpp"
#include "patterns/request_response/meter.hpp"

namespace tidewire::api {
namespace {

using patterns::operations::Exposition;
using patterns::request_response::Meter;

constexpr std::array<std::string_view, 5> kClasses{"1xx", "2xx", "3xx", "4xx", "5xx"};

// An operation over all loops.
struct OperationSum {
    std::array<std::uint64_t, kClasses.size()> answers{};
    std::array<std::uint64_t, Meter::kBounds.size() + 1> buckets{};
    double seconds = 0;

    void add(const Meter::Operation& operation) {
        for (std::size_t i = 0; i < answers.size(); ++i) answers[i] += operation.answers[i].get();
        for (std::size_t i = 0; i < buckets.size(); ++i) buckets[i] += operation.buckets[i].get();
        seconds += static_cast<double>(operation.nanoseconds.get()) / 1e9;
    }
    [[nodiscard]] bool any() const {
        for (const auto count : answers) {
            if (count > 0) return true;
        }
        return false;
    }
};

void write_server(Exposition& out, const ServerStats& stats) {
    out.family("tidewire_build_info", "gauge", "The version, as a label.");
    out.sample({{"version", kVersion}}, std::uint64_t{1});
    out.single("tidewire_connections", "gauge", "Connections that are open.", stats.connections);
    out.single("tidewire_connections_accepted_total", "counter", "Connections since the start.",
               stats.connections_accepted);
    out.single("tidewire_requests_in_flight", "gauge", "Requests that are not answered yet.",
               stats.requests_in_flight);
    out.single("tidewire_requests_received_total", "counter", "Requests since the start.",
               stats.requests);
    out.single("tidewire_requests_cancelled_total", "counter",
               "Requests whose caller was gone, or whose deadline passed, before the answer.",
               stats.requests_cancelled);
    out.single("tidewire_protocol_errors_total", "counter",
               "Connections that were ended for what their peer sent.", stats.protocol_errors);
    out.single("tidewire_app_stall_seconds_total", "counter",
               "For how long requests lay there while the application's loop was blocked.",
               stats.app_stall_seconds);
}

void write_operations(Exposition& out, const std::vector<std::string>& names,
                      const std::vector<OperationSum>& sums) {
    out.family("tidewire_requests_total", "counter",
               "Answers by operation and class of status; no operation: nothing of that name.");
    for (std::size_t i = 0; i < sums.size(); ++i) {
        for (std::size_t k = 0; k < kClasses.size(); ++k) {
            if (sums[i].answers[k] == 0) continue;
            out.sample({{"operation", names[i]}, {"status", kClasses[k]}}, sums[i].answers[k]);
        }
    }
    out.family("tidewire_request_duration_seconds", "histogram",
               "From the whole request to its answer, or to the head of a streamed one.");
    for (std::size_t i = 0; i < sums.size(); ++i) {
        if (!sums[i].any()) continue;
        std::uint64_t count = 0;
        for (std::size_t k = 0; k < sums[i].buckets.size(); ++k) {
            count += sums[i].buckets[k];
            const std::string bound = k < Meter::kBounds.size()
                                          ? patterns::operations::number_text(Meter::kBounds[k])
                                          : "+Inf";
            out.sample({{"operation", names[i]}, {"le", bound}}, count, "_bucket");
        }
        out.sample({{"operation", names[i]}}, sums[i].seconds, "_sum");
        out.sample({{"operation", names[i]}}, count, "_count");
    }
}

void write_process(Exposition& out, const ProcessFigures& process) {
    out.single("process_cpu_seconds_total", "counter", "CPU of the process, user and system.",
               process.cpu_seconds);
    out.single("process_resident_memory_bytes", "gauge", "Resident memory.",
               process.resident_bytes);
    out.single("process_open_fds", "gauge", "File descriptors that are open.",
               process.open_files);
    out.single("process_max_fds", "gauge", "File descriptors that may be open.",
               process.files_max);
    out.single("process_start_time_seconds", "gauge", "When the process began, Unix time.",
               process.start_time_seconds);
}

}  // namespace

void Vitals::add(std::shared_ptr<LoopServer> server) {
    std::lock_guard lock(mutex_);
    servers_.push_back(std::move(server));
}

std::vector<std::shared_ptr<LoopServer>> Vitals::servers() const {
    std::lock_guard lock(mutex_);
    return servers_;
}

std::vector<std::shared_ptr<LoopServer>> Vitals::take_servers() {
    std::lock_guard lock(mutex_);
    return std::exchange(servers_, {});
}

ServerStats Vitals::stats() const {
    ServerStats sum;
    if (host_) sum.app_stall_seconds = host_->stats().app_stall_seconds;
    std::lock_guard lock(mutex_);
    for (const auto& server : servers_) {
        const auto& counters = server->http.counters();
        sum.connections += counters.connections.get();
        sum.connections_accepted += counters.connections_accepted.get();
        sum.requests += counters.requests.get();
        sum.requests_in_flight += counters.requests_in_flight.get();
        sum.requests_cancelled += counters.requests_cancelled.get();
        sum.protocol_errors += counters.protocol_errors.get();
    }
    return sum;
}

std::string Vitals::metrics(const std::vector<std::string>& names) const {
    std::vector<OperationSum> sums(names.size());
    {
        std::lock_guard lock(mutex_);
        for (const auto& server : servers_) {
            const auto& operations = server->meter.operations();
            for (std::size_t i = 0; i < sums.size(); ++i) sums[i].add(operations[i]);
        }
    }
    Exposition out;
    write_server(out, stats());
    write_operations(out, names, sums);
    write_process(out, process_figures());
    return out.take();
}

Result<void> add_operations(patterns::request_response::Service& service,
                            const std::shared_ptr<Vitals>& vitals) {
    using Access = patterns::request_response::Service::Access;
    const std::weak_ptr<Vitals> weak = vitals;
    const auto gone = [] { return Response::problem(Error(ErrorCode::unavailable)); };
    if (auto added = service.add_own_route("/healthz", Access::all,
                                           [] { return Response::json(object({{"ok", true}})); });
        !added) {
        return added;
    }
    auto readyz = [weak, gone] {
        const auto alive = weak.lock();
        if (!alive || !alive->serving) return gone();
        if (!alive->ready) {
            return Response::problem(Error(ErrorCode::unavailable, "the server is not ready"));
        }
        return Response::json(object({{"ready", true}}));
    };
    if (auto added = service.add_own_route("/readyz", Access::all, readyz); !added) return added;
    auto metrics = [weak, gone, &names = service.operations()] {
        const auto alive = weak.lock();
        if (!alive) return gone();
        return Response::bytes(alive->metrics(names),
                               std::string(patterns::operations::kExpositionType));
    };
    return service.add_own_route("/metrics", Access::admin, metrics);
}

}  // namespace tidewire::api
