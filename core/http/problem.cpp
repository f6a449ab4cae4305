// Response::problem: RFC 9457 problem details.
#include "http/problem.hpp"

#include <string>

#include "base/utf8.hpp"
#include "codec/http1/writer.hpp"

namespace tidewire {
namespace {

// JSON text of a message. The one place outside the serializer that writes JSON: this layer answers
// broken requests itself, and knows no values. Messages may quote a peer's bytes, so control
// characters, and all of a text that is not UTF-8 but its ASCII, become "?".
void append_text(std::string& out, std::string_view text) {
    const bool utf8 = base::is_utf8(text);
    out += '"';
    for (const char c : text) {
        const auto byte = static_cast<unsigned char>(c);
        if (c == '"' || c == '\\') {
            out += '\\';
            out += c;
        } else {
            out += byte < 0x20 || byte == 0x7f || (byte >= 0x80 && !utf8) ? '?' : c;
        }
    }
    out += '"';
}

}  // namespace

Response Response::problem(const Error& error) {
    const Error shown = error.http_status() == 0
                            ? Error(ErrorCode::internal, std::string(error.message()))
                            : error;
    return http::problem_as(shown, shown.http_status());
}

Response http::problem_as(const Error& shown, int status) {
    Response response;
    response.status = status;
    response.content_type = "application/problem+json";
    if (response.status == 401) {  // RFC 9110 11.6.1, RFC 6750 3
        const bool bad = shown.code() == ErrorCode::token_expired;
        response.headers.add_unchecked("WWW-Authenticate",
                                       bad ? "Bearer error=\"invalid_token\"" : "Bearer");
    }
    std::string& body = response.body;
    body = "{\"type\":\"about:blank\",\"title\":";
    append_text(body, codec::http1::reason_phrase(response.status));
    body += ",\"status\":" + std::to_string(response.status) + ",\"detail\":";
    append_text(body, shown.message());
    body += ",\"code\":";
    append_text(body, shown.name());
    body += shown.retryable() ? ",\"retryable\":true}" : ",\"retryable\":false}";
    return response;
}

}  // namespace tidewire
