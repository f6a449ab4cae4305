#include "codec/http1/writer.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <chrono>

namespace tidewire::codec::http1 {
namespace {

struct Reason {
    int status;
    std::string_view phrase;
};

// RFC 9110 15, and those of later RFCs that the error table uses. Sorted by status.
constexpr std::array<Reason, 49> kReasons{{
    {100, "Continue"},
    {101, "Switching Protocols"},
    {103, "Early Hints"},
    {200, "OK"},
    {201, "Created"},
    {202, "Accepted"},
    {203, "Non-Authoritative Information"},
    {204, "No Content"},
    {205, "Reset Content"},
    {206, "Partial Content"},
    {300, "Multiple Choices"},
    {301, "Moved Permanently"},
    {302, "Found"},
    {303, "See Other"},
    {304, "Not Modified"},
    {307, "Temporary Redirect"},
    {308, "Permanent Redirect"},
    {400, "Bad Request"},
    {401, "Unauthorized"},
    {402, "Payment Required"},
    {403, "Forbidden"},
    {404, "Not Found"},
    {405, "Method Not Allowed"},
    {406, "Not Acceptable"},
    {407, "Proxy Authentication Required"},
    {408, "Request Timeout"},
    {409, "Conflict"},
    {410, "Gone"},
    {411, "Length Required"},
    {412, "Precondition Failed"},
    {413, "Content Too Large"},
    {414, "URI Too Long"},
    {415, "Unsupported Media Type"},
    {416, "Range Not Satisfiable"},
    {417, "Expectation Failed"},
    {421, "Misdirected Request"},
    {422, "Unprocessable Content"},
    {425, "Too Early"},
    {426, "Upgrade Required"},
    {428, "Precondition Required"},
    {429, "Too Many Requests"},
    {431, "Request Header Fields Too Large"},
    {500, "Internal Server Error"},
    {501, "Not Implemented"},
    {502, "Bad Gateway"},
    {503, "Service Unavailable"},
    {504, "Gateway Timeout"},
    {505, "HTTP Version Not Supported"},
    {507, "Insufficient Storage"},
}};
static_assert(std::ranges::is_sorted(kReasons, {}, &Reason::status));

// The connection's own fields, RFC 9110 7.6.1 and RFC 9112.
constexpr std::array<std::string_view, 10> kFramingFields{
    "connection", "content-length",    "date",    "host", "keep-alive",
    "te",         "transfer-encoding", "trailer", "upgrade", "proxy-connection"};

// Methods whose content has no meaning of its own: no body means no Content-Length at all.
constexpr std::array<std::string_view, 4> kBodilessMethods{"GET", "HEAD", "DELETE", "OPTIONS"};

void append_number(std::string& out, unsigned long long number) {
    std::array<char, 20> digits{};
    const auto end = std::to_chars(digits.data(), digits.data() + digits.size(), number).ptr;
    out.append(digits.data(), end);
}

void append_field(std::string& out, std::string_view name_and_colon, std::string_view value) {
    out.append(name_and_colon).append(value).append("\r\n");
}

void append_headers(std::string& out, const Headers& headers) {
    for (std::size_t i = 0; i < headers.size(); ++i) {
        const Headers::Field field = headers[i];
        out.append(field.name).append(": ").append(field.value).append("\r\n");
    }
}

void append_body_framing(std::string& out, std::size_t body_bytes) {
    if (body_bytes == kUntilClose) return;
    if (body_bytes == kChunked) {
        out.append("Transfer-Encoding: chunked\r\n");
        return;
    }
    out.append("Content-Length: ");
    append_number(out, body_bytes);
    out.append("\r\n");
}

// Of a head of the plainest kind, and of that what is not a view, with any number.
constexpr std::size_t kPlainOkBytesMax = 512;
constexpr std::size_t kPlainOkFixedBytes = 128;

bool plain_ok(const ResponseLine& line, const Headers& headers,
                        std::size_t body_bytes) noexcept {
    return line.status == 200 && line.keep_alive && line.version_minor == 1 && headers.empty() &&
           body_bytes < kUntilClose &&
           line.date.size() + line.content_type.size() <= kPlainOkBytesMax - kPlainOkFixedBytes;
}

constexpr bool has_no_body(int status) noexcept {
    return status < 200 || status == 204 || status == 304;
}

void append_two_digits(std::string& out, long long number) {
    out.push_back(static_cast<char>('0' + number / 10));
    out.push_back(static_cast<char>('0' + number % 10));
}

char* put(char* to, std::string_view text) noexcept {
    return std::copy(text.begin(), text.end(), to);
}

// Nearly every answer is this one: 200, kept alive, no fields of the handler's. Its pieces are put
// together aside, so that room in `out` is asked for once.
void write_plain_ok(std::string& out, const ResponseLine& line, std::size_t body_bytes) {
    std::array<char, kPlainOkBytesMax> text;  // NOLINT: written below, as far as it is read
    char* to = put(text.data(), "HTTP/1.1 200 OK\r\n");
    if (!line.date.empty()) to = put(put(put(to, "Date: "), line.date), "\r\n");
    if (!line.content_type.empty()) {
        to = put(put(put(to, "Content-Type: "), line.content_type), "\r\n");
    }
    to = put(to, "Content-Length: ");
    to = std::to_chars(to, to + 20, body_bytes).ptr;
    to = put(to, "\r\n\r\n");
    out.append(text.data(), to);
}

}  // namespace

void write_response_head(std::string& out, const ResponseLine& line, const Headers& headers,
                         std::size_t body_bytes) {
    if (plain_ok(line, headers, body_bytes)) {
        write_plain_ok(out, line, body_bytes);
        return;
    }
    if (line.status == 200) {
        out.append("HTTP/1.1 200 OK\r\n");
    } else {
        out.append("HTTP/1.1 ");
        append_number(out, static_cast<unsigned long long>(line.status));
        out.append(" ").append(reason_phrase(line.status)).append("\r\n");
    }
    if (!line.date.empty()) append_field(out, "Date: ", line.date);
    if (!line.content_type.empty()) append_field(out, "Content-Type: ", line.content_type);
    append_headers(out, headers);
    if (!has_no_body(line.status)) append_body_framing(out, body_bytes);
    if (!line.keep_alive) {
        out.append("Connection: close\r\n");
    } else if (line.version_minor == 0) {
        out.append("Connection: keep-alive\r\n");
    }
    out.append("\r\n");
}

void write_request_head(std::string& out, const RequestLine& line, const Headers& headers,
                        std::size_t body_bytes) {
    out.append(line.method).append(" ").append(line.target).append(" HTTP/1.1\r\n");
    append_field(out, "Host: ", line.host);
    if (!line.content_type.empty()) append_field(out, "Content-Type: ", line.content_type);
    if (line.timeout_ms >= 0) {
        out.append("Tidewire-Timeout-Ms: ");
        append_number(out, static_cast<unsigned long long>(line.timeout_ms));
        out.append("\r\n");
    }
    append_headers(out, headers);
    const bool bodiless =
        std::ranges::find(kBodilessMethods, line.method) != kBodilessMethods.end();
    if (body_bytes != 0 || !bodiless) append_body_framing(out, body_bytes);
    out.append("\r\n");
}

void write_chunk(std::string& out, std::string_view bytes) {
    if (bytes.empty()) return;
    std::array<char, 16> digits{};
    const auto end = std::to_chars(digits.data(), digits.data() + digits.size(), bytes.size(), 16);
    out.append(digits.data(), end.ptr).append("\r\n").append(bytes).append("\r\n");
}

void write_last_chunk(std::string& out) { out.append("0\r\n\r\n"); }

void write_interim_head(std::string& out, int status, const Headers& headers) {
    out.append("HTTP/1.1 ");
    append_number(out, static_cast<unsigned long long>(status));
    out.append(" ").append(reason_phrase(status)).append("\r\n");
    append_headers(out, headers);
    out.append("\r\n");
}

bool framing_field(std::string_view name) noexcept {
    return std::ranges::any_of(
        kFramingFields, [&](std::string_view own) { return equals_ignoring_case(own, name); });
}

std::string_view reason_phrase(int status) noexcept {
    const auto found = std::ranges::lower_bound(kReasons, status, {}, &Reason::status);
    return found != kReasons.end() && found->status == status ? found->phrase : "Unknown";
}

std::string http_date(long long unix_seconds) {
    constexpr std::array<std::string_view, 7> kDays{"Sun", "Mon", "Tue", "Wed",
                                                    "Thu", "Fri", "Sat"};
    constexpr std::array<std::string_view, 12> kMonths{"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                                       "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
    const long long seconds = std::clamp(unix_seconds, 0LL, 253'402'300'799LL);  // to the year 9999
    const std::chrono::sys_days day{
        std::chrono::floor<std::chrono::days>(std::chrono::seconds{seconds})};
    const std::chrono::year_month_day date{day};
    const long long rest = seconds % 86'400;

    std::string out;
    out.reserve(29);
    out.append(kDays[std::chrono::weekday{day}.c_encoding()]).append(", ");
    append_two_digits(out, static_cast<unsigned>(date.day()));
    out.append(" ").append(kMonths[static_cast<unsigned>(date.month()) - 1]).append(" ");
    append_number(out, static_cast<unsigned long long>(static_cast<int>(date.year())));
    out.push_back(' ');
    append_two_digits(out, rest / 3600);
    out.push_back(':');
    append_two_digits(out, rest / 60 % 60);
    out.push_back(':');
    append_two_digits(out, rest % 60);
    return out.append(" GMT");
}

}  // namespace tidewire::codec::http1
