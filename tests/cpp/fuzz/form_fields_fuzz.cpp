// Any bytes as the fields that choose the form of an answer: Accept-Encoding, If-Match and
// If-None-Match. A line break parts the field from a tag.

#include <cstdint>
#include <string>
#include <string_view>

#include <tidewire/etag.hpp>

#include "codec/accept_encoding.hpp"
#include "cpp/fuzz/fuzz.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    using namespace tidewire;
    using fuzz::require;
    const std::string_view text = fuzz::text_of(data, size);
    const auto line_end = text.find('\n');
    const std::string_view field = text.substr(0, line_end);
    const std::string_view tag = line_end == text.npos ? "" : text.substr(line_end + 1);

    Headers once;
    once.add_unchecked("Accept-Encoding", field);
    const auto coding = codec::choose_coding(once);
    Headers twice = once;
    twice.add_unchecked("accept-encoding", field);
    require(codec::choose_coding(twice) == coding, "what is said twice changes nothing");
    if (coding != codec::ContentCoding::identity) {
        const bool named = field.find(codec::name_of(coding)) != field.npos ||
                           field.find_first_of("*GZIPDEFLAT") != field.npos;
        require(named, "nobody gets a coding that was not named");
    }

    require(!if_match(field, tag) || if_none_match(field, tag), "weakly is more than strongly");
    const std::string good = make_etag(text);
    require(if_match(good, good), "a tag is its own");
    require(if_none_match("\"a,b\" ,, W/" + good, good), "and found in a list");
    if (if_none_match(field, tag) && field.find('*') == field.npos) {
        require(if_none_match(std::string(field) + "," + good, tag), "a longer list has it too");
    }
    return 0;
}
