// Beast's grammar of a head, writing into ours. Beast sees heads only: the framing of bodies is
// message_parser.hpp's. Included by parser.cpp alone, since it brings Boost's headers.
#pragma once

#include <boost/beast/http/basic_parser.hpp>
#include <boost/beast/http/error.hpp>

#include <limits>
#include <string_view>

#include "codec/http1/event.hpp"
#include "codec/http1/framing_rules.hpp"

namespace tidewire::codec::http1 {

namespace beast = boost::beast;

template <bool is_request>
class HeadParser final : public beast::http::basic_parser<is_request> {
    using Base = beast::http::basic_parser<is_request>;
    using View = beast::string_view;
    using Code = beast::error_code;
    using Field = beast::http::field;

public:
    using Head = std::conditional_t<is_request, RequestHead, ResponseHead>;

    HeadParser(Head& head, FramingRules& rules) : head_(head), rules_(rules) {
        Base::skip(true);  // the head is the whole message to Beast
        Base::header_limit(std::numeric_limits<std::uint32_t>::max());
    }

    // The first line with its CRLF, then all fields with the empty line. False: see problem().
    [[nodiscard]] bool first_line(std::string_view line) { return put(line, true); }
    [[nodiscard]] bool fields(std::string_view block) { return put(block, false); }
    // Both in one go, which saves Beast a start; on false take the way above to learn why.
    [[nodiscard]] bool whole(std::string_view head) { return put(head, false); }

    [[nodiscard]] std::string problem() const {
        if (!problem_.empty()) return std::string(problem_);
        if (beast_problem_ == beast::http::error::need_more) return "A line is too short.";
        return "The head is malformed: " + beast_problem_.message() + ".";
    }

private:
    // Beast asks for more after a line that it has taken, and also in the middle of one that is
    // too short. Only the first is well: it must have taken all that it was given.
    bool put(std::string_view text, bool wants_more) {
        Code code;
        const std::size_t taken = Base::put({text.data(), text.size()}, code);
        beast_problem_ = code;
        const Code expected = wants_more ? Code(beast::http::error::need_more) : Code();
        return code == expected && taken == text.size();
    }

    void refuse(std::string_view problem, Code& code) {
        problem_ = problem;
        code = beast::http::error::bad_value;
    }

    static std::string_view ours(View text) noexcept { return {text.data(), text.size()}; }

    void on_request_impl(beast::http::verb, View method, View target, int version,
                         Code& code) override {
        if constexpr (is_request) {
            // Beast lets bytes above 127 pass, which no URI has (RFC 3986 2).
            for (const char c : target) {
                if (static_cast<unsigned char>(c) > 0x7e) {
                    return refuse("The request target has characters that no URI has.", code);
                }
            }
            head_.method.assign(method.data(), method.size());
            head_.target.assign(target.data(), target.size());
            head_.version_minor = version - 10;
        }
    }

    void on_response_impl(int status, View reason, int version, Code& code) override {
        if constexpr (!is_request) {
            if (status < 100) return refuse("The status is below 100.", code);
            head_.status = status;
            head_.reason.assign(reason.data(), reason.size());
            head_.version_minor = version - 10;
        }
    }

    void on_field_impl(Field field, View name, View value, Code& code) override {
        head_.headers.add_unchecked(ours(name), ours(value));
        std::string_view problem;
        switch (field) {
            case Field::connection: problem = rule(FramingField::connection, value); break;
            case Field::content_length: problem = rule(FramingField::content_length, value); break;
            case Field::transfer_encoding:
                problem = rule(FramingField::transfer_encoding, value);
                break;
            case Field::host:
                head_.framing.host_index = static_cast<std::int32_t>(head_.headers.size()) - 1;
                problem = rule(FramingField::host, value);
                break;
            case Field::upgrade: problem = rule(FramingField::upgrade, value); break;
            case Field::expect: problem = rule(FramingField::expect, value); break;
            case Field::origin: return note(WebField::origin);
            case Field::accept_encoding: return note(WebField::accept_encoding);
            case Field::content_encoding: return note(WebField::content_encoding);
            case Field::if_none_match: return note(WebField::if_none_match);
            default: return;
        }
        if (!problem.empty()) refuse(problem, code);
    }

    void note(WebField field) noexcept {
        head_.framing.web_fields |= static_cast<std::uint8_t>(field);
    }

    std::string_view rule(FramingField field, View value) noexcept {
        return rules_.field(field, ours(value), head_.framing);
    }

    void on_header_impl(Code& code) override {
        Framing& framing = head_.framing;
        framing.keep_alive = rules_.keeps_alive(head_.version_minor);
        framing.upgrade = framing.upgrade && rules_.upgrades();
        const auto problem = rules_.finish(head_.version_minor, is_request, framing);
        if (!problem.empty()) refuse(problem, code);
    }

    // Never called, since the head is the whole message; Beast wants them to be there.
    void on_body_init_impl(const boost::optional<std::uint64_t>&, Code&) override {}
    std::size_t on_body_impl(View, Code&) override { return 0; }
    void on_chunk_header_impl(std::uint64_t, View, Code&) override {}
    std::size_t on_chunk_body_impl(std::uint64_t, View, Code&) override { return 0; }
    void on_finish_impl(Code&) override {}

    Head& head_;
    FramingRules& rules_;
    std::string_view problem_;
    Code beast_problem_;
};

}  // namespace tidewire::codec::http1
