#include "http/representation.hpp"

#include <algorithm>
#include <array>
#include <string>
#include <string_view>
#include <utility>

#include <tidewire/etag.hpp>

#include "base/field_text.hpp"
#include "codec/accept_encoding.hpp"
#include "http/guard.hpp"

namespace tidewire::http {
namespace {

using codec::ContentCoding;

constexpr std::string_view kReadable = "gzip, deflate";
// What describes a body that a 304 does not have (RFC 9110 15.4.5).
constexpr std::array<std::string_view, 4> kOfBody{"content-encoding", "content-language",
                                                  "content-range", "content-type"};

bool is_type(std::string_view text) noexcept {
    const auto slash = text.find('/');
    if (!base::is_token(text.substr(0, slash)) || text.find('*') < slash) return false;
    if (slash == std::string_view::npos) return false;
    const auto subtype = text.substr(slash + 1);
    return base::is_token(subtype) && (subtype == "*" || subtype.find('*') == subtype.npos);
}

bool is_read(std::string_view method) noexcept { return method == "GET" || method == "HEAD"; }

bool not_modified(const Exchange& exchange, const Response& response) {
    if (response.status != 200 || !is_read(exchange.head.method)) return false;
    if (!exchange.head.framing.has(codec::http1::WebField::if_none_match)) return false;
    const std::string_view tag = response.headers.get("etag").value_or("");
    const Headers& request = exchange.head.headers;
    for (std::size_t i = 0; i < request.size(); ++i) {
        const auto field = request[i];
        if (!equals_ignoring_case(field.name, "if-none-match")) continue;
        // Without a tag there is a representation all the same, which `*` stands for.
        if (if_none_match(field.value, tag)) return true;
    }
    return false;
}

// What may be read may be kept, but asked for again each time: the same arguments may give another
// result under the next version of the program. What a principal got is nobody else's.
void add_tag(const Exchange& exchange, Response& response) {
    if (!response.headers.get("etag")) {
        response.headers.add_unchecked("ETag", make_etag(response.body));
    }
    if (!response.headers.get("cache-control")) {
        response.headers.add_unchecked("Cache-Control",
                                       exchange.principal ? "private, no-cache" : "no-cache");
    }
}

void make_not_modified(Response& response) {
    response.status = 304;
    response.body.clear();
    response.content_type.clear();
    for (const auto name : kOfBody) response.headers.remove(name);
}

// Two codings of one representation are equivalent, but not the same bytes (RFC 9110 8.8.3.3).
void weaken_etag(Response& response) {
    const auto tag = response.headers.get("etag");
    if (!tag || tag->starts_with("W/")) return;
    const std::string weak = "W/" + std::string(*tag);
    response.headers.remove("etag");
    response.headers.add_unchecked("ETag", weak);
}

void add_coding(Response& response, ContentCoding coding) {
    response.headers.add_unchecked("Content-Encoding", codec::name_of(coding));
}

bool is_whole(int status) noexcept { return status != 204 && status != 206 && status != 304; }

bool forbids_transformation(const Response& response) {
    const auto control = response.headers.get("cache-control");
    return control && control->find("no-transform") != std::string_view::npos;
}

}  // namespace

Result<Representation> Representation::make(const std::optional<Compression>& options) {
    Representation made;
    made.compression_ = options;
    if (!options) return made;
    if (options->level < 1 || options->level > 9) {
        return Error(ErrorCode::invalid_argument, "compression: the level is 1 to 9");
    }
    for (std::string& type : made.compression_->types) {
        if (!is_type(type)) {
            return Error(ErrorCode::invalid_argument,
                         "compression: " + type + " is no type; use text/css or text/*");
        }
        std::ranges::transform(type, type.begin(), [](char c) {
            return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
        });
    }
    return made;
}

bool Representation::listed(std::string_view content_type) const noexcept {
    const auto type = base::trim_blanks(content_type.substr(0, content_type.find(';')));
    return std::ranges::any_of(compression_->types, [type](std::string_view one) {
        if (!one.ends_with("/*")) return equals_ignoring_case(one, type);
        one.remove_suffix(1);
        return type.size() > one.size() && equals_ignoring_case(type.substr(0, one.size()), one);
    });
}

ContentCoding Representation::choose(const Exchange& exchange, Response& response) const {
    if (!compression_ || !is_whole(response.status) || !listed(response.content_type) ||
        response.headers.get("content-encoding") || forbids_transformation(response)) {
        return ContentCoding::identity;
    }
    add_vary(response, "Accept-Encoding");
    if (!exchange.head.framing.has(codec::http1::WebField::accept_encoding)) {
        return ContentCoding::identity;
    }
    return codec::choose_coding(exchange.head.headers);
}

void Representation::apply(const Exchange& exchange, Response& response) const {
    if (exchange.tagged) add_vary(response, "Accept");
    if (exchange.tagged && response.status == 200) add_tag(exchange, response);
    const std::size_t size = response.body.size();
    auto coding = ContentCoding::identity;
    if (compression_ && size >= compression_->bytes_min && size <= compression_->bytes_max) {
        coding = choose(exchange, response);
    }
    if (coding != ContentCoding::identity) weaken_etag(response);
    if (not_modified(exchange, response)) {
        make_not_modified(response);
        return;
    }
    if (coding == ContentCoding::identity) return;
    std::string coded;
    codec::Compressor(coding, compression_->level, size).finish(coded, response.body);
    // Bytes at random grow: they leave as they are.
    if (coded.size() >= size) return;
    response.body = std::move(coded);
    add_coding(response, coding);
}

std::unique_ptr<codec::Compressor> Representation::begin(const Exchange& exchange,
                                                         Response& response) const {
    const auto coding = choose(exchange, response);
    if (coding != ContentCoding::identity) weaken_etag(response);
    if (not_modified(exchange, response)) {
        make_not_modified(response);
        return nullptr;
    }
    if (coding == ContentCoding::identity) return nullptr;
    add_coding(response, coding);
    return std::make_unique<codec::Compressor>(coding, compression_->level);
}

bool reads_coding(const codec::http1::RequestHead& head) {
    // Several codings, in one field or more, are applied one upon the other, which nobody sends.
    return head.headers.count("content-encoding") <= 1 &&
           codec::coding_of(head.headers.get("content-encoding").value_or("identity"));
}

std::optional<Response> decode_body(Exchange& exchange, const Limits& limits) {
    if (!reads_coding(exchange.head)) {
        Response refused = Response::problem(Error(
            ErrorCode::unsupported_media, "bodies are read as gzip, deflate, or as they are"));
        refused.headers.add_unchecked("Accept-Encoding", kReadable);
        return refused;
    }
    if (exchange.body.empty()) return std::nullopt;
    Headers& headers = exchange.head.headers;
    const auto coding = *codec::coding_of(headers.get("content-encoding").value_or("identity"));
    if (coding != ContentCoding::identity) {
        auto body = codec::inflate(coding, exchange.body,
                                   {limits.body_bytes_max, limits.inflate_ratio_max});
        if (!body) return Response::problem(body.error());
        exchange.body = std::move(*body);
    }
    headers.remove("content-encoding");
    // The fields behind it have moved up.
    auto& host_index = exchange.head.framing.host_index;
    for (std::size_t i = 0; host_index >= 0 && i < headers.size(); ++i) {
        if (!equals_ignoring_case(headers[i].name, "host")) continue;
        host_index = static_cast<std::int32_t>(i);
        break;
    }
    return std::nullopt;
}

}  // namespace tidewire::http
