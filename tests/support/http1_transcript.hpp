// How the events of the HTTP/1.1 parsers read in tests, and decoder_check.hpp's suite for them.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <variant>

#include "codec/http1/parser.hpp"
#include "support/decoder_check.hpp"

namespace tidewire::test {

namespace http1 = codec::http1;

inline std::string head_text(const http1::RequestHead& head) {
    return head.method + " " + head.target + " 1." + std::to_string(head.version_minor);
}
inline std::string head_text(const http1::ResponseHead& head) {
    return std::to_string(head.status) + " " + head.reason + " 1." +
           std::to_string(head.version_minor);
}

// "head GET / 1.1 [keep-alive chunked length=3] | Name: value | ...", "body ...", "end".
template <class Parser>
Said said(Parser& parser, const http1::Event& event) {
    if (const auto* chunk = std::get_if<http1::ChunkEvent>(&event)) {
        return {std::string(chunk->bytes), true};
    }
    if (std::holds_alternative<http1::EndEvent>(event)) return {"end", false};
    const auto& head = parser.head();
    const http1::Framing& framing = head.framing;
    std::string text = "head " + head_text(head) + " [";
    text += framing.keep_alive ? "keep-alive" : "close";
    if (framing.chunked) text += " chunked";
    if (framing.upgrade) text += " upgrade";
    if (framing.expect_continue) text += " expect-continue";
    if (framing.content_length) text += " length=" + std::to_string(*framing.content_length);
    text += "]";
    for (std::size_t i = 0; i < head.headers.size(); ++i) {
        const Headers::Field field = head.headers[i];
        text += " | " + std::string(field.name) + ": " + std::string(field.value);
    }
    return {std::move(text), false};
}

inline Transcript check_request(std::string_view bytes, const http1::ParserLimits& limits = {},
                                Cuts tried = {}) {
    return check_decoder(
        bytes, [&] { return std::make_unique<http1::RequestParser>(limits); },
        said<http1::RequestParser>, tried);
}

// `to_head` tells that the responses answer HEAD requests.
inline Transcript check_response(std::string_view bytes, const http1::ParserLimits& limits = {},
                                 bool to_head = false, Cuts tried = {}) {
    return check_decoder(
        bytes,
        [&] {
            auto parser = std::make_unique<http1::ResponseParser>(limits);
            parser->expect(to_head);
            return parser;
        },
        [to_head](http1::ResponseParser& parser, const http1::Event& event) {
            if (std::holds_alternative<http1::EndEvent>(event)) parser.expect(to_head);
            return said(parser, event);
        },
        tried);
}

}  // namespace tidewire::test
