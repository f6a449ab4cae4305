#include <tidewire/etag.hpp>

#include <boost/uuid/name_generator_sha1.hpp>
#include <boost/uuid/uuid.hpp>

namespace tidewire {
namespace {

constexpr std::string_view kWeak = "W/";

// RFC 9110 8.8.3: etagc = %x21 / %x23-7E / obs-text
bool is_tag_character(char c) noexcept {
    const auto byte = static_cast<unsigned char>(c);
    return byte == 0x21 || (byte >= 0x23 && byte != 0x7f);
}

void drop_blanks_and_commas(std::string_view& text) noexcept {
    while (!text.empty() && (text[0] == ' ' || text[0] == '\t' || text[0] == ',')) {
        text.remove_prefix(1);
    }
}

// Takes a tag from the front; empty: there is none.
std::string_view take_tag(std::string_view& text) noexcept {
    const std::string_view all = text;
    std::size_t at = text.starts_with(kWeak) ? kWeak.size() : 0;
    if (at >= all.size() || all[at] != '"') return {};
    for (++at; at < all.size() && is_tag_character(all[at]);) ++at;
    if (at >= all.size() || all[at] != '"') return {};
    text.remove_prefix(at + 1);
    return all.substr(0, at + 1);
}

std::string_view opaque(std::string_view tag) noexcept {
    return tag.starts_with(kWeak) ? tag.substr(kWeak.size()) : tag;
}

template <class Same>
bool any_tag(std::string_view field, Same same) noexcept {
    drop_blanks_and_commas(field);
    if (field.starts_with('*')) {
        field.remove_prefix(1);
        drop_blanks_and_commas(field);
        return field.empty();
    }
    while (!field.empty()) {
        const std::string_view listed = take_tag(field);
        if (listed.empty()) return false;
        if (same(listed)) return true;
        drop_blanks_and_commas(field);
    }
    return false;
}

}  // namespace

std::string make_etag(std::string_view content) {
    // A name-based UUID is 122 bits of SHA-1, which is all that is wanted of it.
    const auto hash = boost::uuids::name_generator_sha1(boost::uuids::ns::oid())(content.data(),
                                                                                 content.size());
    constexpr std::string_view kDigits = "0123456789abcdef";
    std::string tag = "\"";
    for (const auto byte : hash) {
        tag += kDigits[byte >> 4U];
        tag += kDigits[byte & 0x0fU];
    }
    return tag += '"';
}

bool if_match(std::string_view field, std::string_view tag) noexcept {
    return any_tag(field, [tag](std::string_view listed) {
        return listed == tag && !tag.starts_with(kWeak);
    });
}

bool if_none_match(std::string_view field, std::string_view tag) noexcept {
    return any_tag(field,
                   [tag](std::string_view listed) { return opaque(listed) == opaque(tag); });
}

}  // namespace tidewire
