// Representation: in which form an answer leaves, by what its request said of forms.
//
// Conditions (RFC 9110 13): a GET or HEAD whose If-None-Match has the ETag of its 200 gets 304.
// Codings (RFC 9110 12.5.3): compressed, see tidewire/compression.hpp. And the other way round, the
// body of a request is undone from its Content-Encoding.
//
// Immutable once made; used by all loops.
#pragma once

#include <cstddef>
#include <memory>
#include <optional>

#include <tidewire/compression.hpp>
#include <tidewire/limits.hpp>
#include <tidewire/response.hpp>
#include <tidewire/result.hpp>

#include "codec/deflate.hpp"
#include "http/exchange.hpp"

namespace tidewire::http {

class Representation {
public:
    Representation() = default;  // compresses nothing
    // invalid_argument for a level that is none of 1 to 9, and for types that are none.
    [[nodiscard]] static Result<Representation> make(const std::optional<Compression>& options);

    // Whether the answer to this request may have to be given to apply() or begin().
    [[nodiscard]] bool concerns(const Exchange& exchange) const noexcept {
        return compression_.has_value() || exchange.tagged ||
               exchange.head.framing.has(codec::http1::WebField::if_none_match);
    }
    void apply(const Exchange& exchange, Response& response) const;
    // Of a streamed answer, the head; gives what its pieces go through, or nothing.
    [[nodiscard]] std::unique_ptr<codec::Compressor> begin(const Exchange& exchange,
                                                           Response& response) const;

private:
    // The coding in which it leaves; adds to Vary when it hangs on Accept-Encoding.
    [[nodiscard]] codec::ContentCoding choose(const Exchange& exchange, Response& response) const;
    [[nodiscard]] bool listed(std::string_view content_type) const noexcept;

    std::optional<Compression> compression_;
};

// True: the server reads bodies in this coding, or there is none.
[[nodiscard]] bool reads_coding(const codec::http1::RequestHead& head);

// Undoes the Content-Encoding of a body that was collected, and takes the field away; a body that
// streams stays as it came. The answer to a request whose body cannot be read: unsupported_media,
// payload_too_large or invalid_data. Contract: the head has a Content-Encoding.
[[nodiscard]] std::optional<Response> decode_body(Exchange& exchange, const Limits& limits);

}  // namespace tidewire::http
