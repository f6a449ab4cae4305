// load: a closed-loop HTTP/1.1 load generator, one thread, epoll.
//
// Every connection keeps `--depth` requests in flight: it sends them in one batch, reads their
// responses, and sends the next batch when the last response of the batch is there. It runs for
// `--warmup-ms`, and until the server has used `--warmup-cpu-ms` of processor time, then measures
// for `--duration-ms`, then lets the open batches end. The processor time of the server's processes
// (`--pids`) is read at the two edges of the measured window, so that microseconds per request are
// those of this window alone.
//
// It prints one JSON object. Any wrong response, any closed connection and a window without a
// single response is a failure: exit status 1 and a line on stderr that says what came instead.
#include <algorithm>
#include <cerrno>
#include <charconv>
#include <cstdio>
#include <cstring>
#include <string>
#include <string_view>
#include <vector>

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "cpu.hpp"
#include "histogram.hpp"
#include "response_reader.hpp"

namespace {

constexpr std::uint64_t kNsPerMs = 1'000'000;
constexpr std::uint64_t kStallNs = 5'000 * kNsPerMs;  // no response at all for so long is a failure
constexpr std::size_t kInputBytes = 64 * 1024;

struct Options {
    int port = 0;
    int connections = 64;
    int depth = 1;
    int kinds = 1;  // heads that differ, in turns
    int warmup_ms = 300;
    int warmup_cpu_ms = 0;
    int duration_ms = 1000;
    std::string path = "/hello";
    std::string body = R"({"hello":"world"})";
    std::vector<pid_t> processes;
};

struct Connection {
    int socket = -1;
    int outstanding = 0;           // responses that this batch still owes
    std::size_t unsent_bytes = 0;  // of the batch
    std::uint64_t sent_at_ns = 0;
    std::string kept;  // the bytes of a response that has not arrived whole
};

class Generator {
public:
    explicit Generator(const Options& options)
        : options_(options), reader_(options.body), input_(kInputBytes) {
        const std::string request = "GET " + options.path +
                                    " HTTP/1.1\r\nHost: 127.0.0.1:" + std::to_string(options.port) +
                                    "\r\n";
        for (int i = 0; i < options.depth; ++i) {
            batch_ += request;
            if (options.kinds > 1) batch_ += "N: " + std::to_string(i % options.kinds) + "\r\n";
            batch_ += "\r\n";
        }
    }

    ~Generator() {
        for (const auto& connection : connections_) {
            if (connection.socket >= 0) close(connection.socket);
        }
        if (epoll_ >= 0) close(epoll_);
    }
    Generator(const Generator&) = delete;
    Generator& operator=(const Generator&) = delete;

    bool run();
    void print() const;

private:
    bool open_all();
    bool turn(int timeout_ms);
    bool send_batch(Connection& connection);
    bool flush(Connection& connection);
    bool receive(Connection& connection);
    bool take(Connection& connection, std::string_view bytes);
    bool warm_up();
    bool begin_window();
    bool end_window();
    bool fail(std::string_view what) {
        std::fprintf(stderr, "load: %.*s\n", static_cast<int>(what.size()), what.data());
        return false;
    }

    const Options& options_;
    load::ResponseReader reader_;
    std::vector<char> input_;
    std::string batch_;
    std::vector<Connection> connections_;
    int epoll_ = -1;
    bool sending_ = true;
    bool measuring_ = false;
    std::uint64_t open_batches_ = 0;
    std::uint64_t last_response_ns_ = 0;
    std::uint64_t responses_ = 0;      // in the window
    std::uint64_t all_responses_ = 0;  // with those of the warm-up and of the end
    load::Histogram latencies_;        // of the window
    std::uint64_t window_began_ns_ = 0;
    std::uint64_t window_ns_ = 0;
    load::Cpu server_;
    std::uint64_t own_cpu_us_ = 0;
};

bool Generator::open_all() {
    epoll_ = epoll_create1(EPOLL_CLOEXEC);
    connections_.resize(static_cast<std::size_t>(options_.connections));
    for (auto& connection : connections_) {
        connection.socket = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
        sockaddr_in address{};
        address.sin_family = AF_INET;
        address.sin_port = htons(static_cast<std::uint16_t>(options_.port));
        address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        if (connect(connection.socket, reinterpret_cast<sockaddr*>(&address), sizeof address) !=
            0) {
            return fail(std::string("connect: ") + std::strerror(errno));
        }
        const int on = 1;
        setsockopt(connection.socket, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
        epoll_event event{};
        event.events = EPOLLIN;
        event.data.ptr = &connection;
        if (epoll_ctl(epoll_, EPOLL_CTL_ADD, connection.socket, &event) != 0)
            return fail("epoll_ctl");
    }
    last_response_ns_ = load::now_ns();
    for (auto& connection : connections_) {
        if (!send_batch(connection)) return false;
    }
    return true;
}

bool Generator::send_batch(Connection& connection) {
    connection.outstanding = options_.depth;
    connection.unsent_bytes = batch_.size();
    connection.sent_at_ns = load::now_ns();
    ++open_batches_;
    return flush(connection);
}

bool Generator::flush(Connection& connection) {
    const char* from = batch_.data() + (batch_.size() - connection.unsent_bytes);
    const auto sent =
        send(connection.socket, from, connection.unsent_bytes, MSG_DONTWAIT | MSG_NOSIGNAL);
    if (sent < 0 && errno != EAGAIN) return fail(std::string("send: ") + std::strerror(errno));
    const bool was_whole = connection.unsent_bytes == batch_.size();
    if (sent > 0) connection.unsent_bytes -= static_cast<std::size_t>(sent);
    const bool is_done = connection.unsent_bytes == 0;
    if (is_done && was_whole) return true;  // the usual case: one send, nothing to wait for
    epoll_event event{};
    event.events = is_done ? EPOLLIN : EPOLLIN | EPOLLOUT;
    event.data.ptr = &connection;
    epoll_ctl(epoll_, EPOLL_CTL_MOD, connection.socket, &event);
    return true;
}

bool Generator::receive(Connection& connection) {
    const auto got = recv(connection.socket, input_.data(), input_.size(), MSG_DONTWAIT);
    if (got < 0 && errno == EAGAIN) return true;
    if (got < 0) return fail(std::string("recv: ") + std::strerror(errno));
    if (got == 0) return fail("the server closed a connection");
    const std::string_view bytes(input_.data(), static_cast<std::size_t>(got));
    if (connection.kept.empty()) return take(connection, bytes);
    std::string joined = std::move(connection.kept);
    joined += bytes;
    connection.kept.clear();
    return take(connection, joined);
}

// Takes the whole responses off the front of `bytes` and keeps the rest for the next receive.
bool Generator::take(Connection& connection, std::string_view bytes) {
    std::uint64_t taken = 0;
    while (!bytes.empty()) {
        const auto read = reader_.read(bytes);
        if (read.kind == load::Read::Kind::more) break;
        if (read.kind == load::Read::Kind::wrong) {
            return fail("wrong response: " + std::string(read.reason) + ": " + std::string(bytes));
        }
        bytes.remove_prefix(read.bytes);
        ++taken;
    }
    connection.kept.assign(bytes);
    if (taken == 0) return true;
    if (taken > static_cast<std::uint64_t>(connection.outstanding)) {
        return fail("more responses than requests");
    }
    last_response_ns_ = load::now_ns();
    all_responses_ += taken;
    if (measuring_) {
        responses_ += taken;
        latencies_.record(last_response_ns_ - connection.sent_at_ns, taken);
    }
    connection.outstanding -= static_cast<int>(taken);
    if (connection.outstanding > 0) return true;
    --open_batches_;
    return !sending_ || send_batch(connection);
}

bool Generator::turn(int timeout_ms) {
    epoll_event events[64];
    const int ready = epoll_wait(epoll_, events, 64, timeout_ms);
    if (ready < 0 && errno != EINTR) return fail("epoll_wait");
    for (int i = 0; i < ready; ++i) {
        auto& connection = *static_cast<Connection*>(events[i].data.ptr);
        if ((events[i].events & EPOLLOUT) != 0 && !flush(connection)) return false;
        if ((events[i].events & ~static_cast<unsigned>(EPOLLOUT)) != 0 && !receive(connection)) {
            return false;
        }
    }
    if (load::now_ns() - last_response_ns_ > kStallNs) return fail("no response for five seconds");
    return true;
}

// A compiler inside a server needs processor time, not time: on a busy machine that takes longer.
bool Generator::warm_up() {
    const auto cpu_at_start = load::cpu_of(options_.processes);
    if (!cpu_at_start) return fail("a server process has gone");
    const auto wanted_us = static_cast<std::uint64_t>(options_.warmup_cpu_ms) * 1000;
    const auto step_ns = static_cast<std::uint64_t>(options_.warmup_ms) * kNsPerMs;
    for (;;) {
        const auto step_ends = load::now_ns() + step_ns;
        while (load::now_ns() < step_ends) {
            if (!turn(20)) return false;
        }
        const auto cpu = load::cpu_of(options_.processes);
        if (!cpu) return fail("a server process has gone");
        if (cpu->total_us - cpu_at_start->total_us >= wanted_us) return true;
    }
}

bool Generator::begin_window() {
    const auto cpu = load::cpu_of(options_.processes);
    if (!cpu) return fail("a server process has gone");
    server_ = *cpu;
    own_cpu_us_ = load::own_cpu_us();
    window_began_ns_ = load::now_ns();
    measuring_ = true;
    return true;
}

bool Generator::end_window() {
    measuring_ = false;
    window_ns_ = load::now_ns() - window_began_ns_;
    own_cpu_us_ = load::own_cpu_us() - own_cpu_us_;
    const auto cpu = load::cpu_of(options_.processes);
    if (!cpu) return fail("a server process has gone");
    server_ = {cpu->total_us - server_.total_us, cpu->user_us - server_.user_us,
               cpu->system_us - server_.system_us};
    return true;
}

bool Generator::run() {
    if (!open_all()) return false;
    if (!warm_up() || !begin_window()) return false;
    const auto end_at =
        window_began_ns_ + static_cast<std::uint64_t>(options_.duration_ms) * kNsPerMs;
    while (load::now_ns() < end_at) {
        if (!turn(20)) return false;
    }
    if (!end_window()) return false;
    sending_ = false;
    while (open_batches_ > 0) {
        if (!turn(100)) return false;
    }
    return responses_ > 0 || fail("no response in the measured window");
}

void Generator::print() const {
    const auto per_op = [this](std::uint64_t us) {
        return static_cast<double>(us) / static_cast<double>(responses_);
    };
    const double seconds = static_cast<double>(window_ns_) / 1e9;
    std::printf(
        "{\"ops\":%llu,\"all_ops\":%llu,\"seconds\":%.4f,\"ops_per_s\":%.1f,\"p50_us\":%.1f,\"p99_"
        "us\":%.1f,"
        "\"cpu_us_per_op\":%.4f,\"user_us_per_op\":%.4f,\"system_us_per_op\":%.4f,"
        "\"server_cpu_share\":%.3f,\"generator_cpu_share\":%.3f}\n",
        static_cast<unsigned long long>(responses_),
        static_cast<unsigned long long>(all_responses_), seconds,
        static_cast<double>(responses_) / seconds,
        static_cast<double>(latencies_.percentile(0.5)) / 1e3,
        static_cast<double>(latencies_.percentile(0.99)) / 1e3, per_op(server_.total_us),
        per_op(server_.user_us), per_op(server_.system_us),
        static_cast<double>(server_.total_us) / 1e6 / seconds,
        static_cast<double>(own_cpu_us_) / 1e6 / seconds);
}

bool to_number(std::string_view text, int& number) {
    const auto parsed = std::from_chars(text.data(), text.data() + text.size(), number);
    return parsed.ec == std::errc{} && parsed.ptr == text.data() + text.size();
}

bool to_processes(std::string_view text, std::vector<pid_t>& processes) {
    while (!text.empty()) {
        const auto comma = std::min(text.find(','), text.size());
        int process = 0;
        if (!to_number(text.substr(0, comma), process)) return false;
        processes.push_back(process);
        text.remove_prefix(std::min(comma + 1, text.size()));
    }
    return true;
}

struct NumberOption {
    std::string_view name;
    int Options::* number;
};

constexpr NumberOption kNumberOptions[] = {
    {"--port", &Options::port},
    {"--connections", &Options::connections},
    {"--depth", &Options::depth},
    {"--kinds", &Options::kinds},
    {"--warmup-ms", &Options::warmup_ms},
    {"--duration-ms", &Options::duration_ms},
    {"--warmup-cpu-ms", &Options::warmup_cpu_ms},
};

bool parse_one(std::string_view name, std::string_view value, Options& options) {
    for (const auto& known : kNumberOptions) {
        if (name == known.name) return to_number(value, options.*known.number);
    }
    if (name == "--pids") return to_processes(value, options.processes);
    if (name != "--path" && name != "--body") return false;
    (name == "--path" ? options.path : options.body) = value;
    return true;
}

bool parse(int count, char** words, Options& options) {
    for (int i = 1; i + 1 < count; i += 2) {
        if (!parse_one(words[i], words[i + 1], options)) return false;
    }
    return count % 2 == 1 && options.port > 0 && options.connections > 0 && options.depth > 0;
}

}  // namespace

int main(int count, char** words) {
    Options options;
    if (!parse(count, words, options)) {
        std::fputs(
            "usage: load --port N [--connections N] [--depth N] [--kinds N] [--warmup-ms N]\n"
            "            [--duration-ms N] [--warmup-cpu-ms N] [--path /hello] [--body TEXT]\n"
            "            [--pids PID,PID]\n",
            stderr);
        return 2;
    }
    Generator generator(options);
    if (!generator.run()) return 1;
    generator.print();
    return 0;
}
