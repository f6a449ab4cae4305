// Every bound of a server and of a client, as one struct of options. docs/LIMITS.md gives the
// reason for each default.
#pragma once

#include <chrono>
#include <cstddef>

namespace tidewire {

struct Limits {
    // What a peer may send.
    std::size_t request_line_bytes_max = 8 * 1024;
    std::size_t header_bytes_max = 32 * 1024;
    std::size_t header_fields_max = 100;
    std::size_t body_bytes_max = 16 * 1024 * 1024;
    std::size_t json_depth_max = 64;
    std::size_t inflate_ratio_max = 200;  // of a compressed body, beyond its first MiB

    // How long a server waits for its peer.
    std::chrono::milliseconds tls_handshake_timeout{10'000};
    std::chrono::milliseconds header_read_timeout{10'000};
    std::chrono::milliseconds body_idle_timeout{30'000};
    std::chrono::milliseconds keep_alive_idle_timeout{75'000};

    // How much a server does at once.
    std::size_t connections_max = 100'000;
    std::size_t connections_per_address_max = 10'000;
    std::size_t pipeline_max = 64;          // requests of one connection being answered
    std::size_t unsent_bytes_max = 65'536;  // of one connection: above it, it is not read

    std::chrono::milliseconds stop_grace{10'000};
};

}  // namespace tidewire
