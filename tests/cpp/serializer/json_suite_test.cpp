// JSONTestSuite: every y_ is read, every n_ is refused, and what we do with an i_ is written down.

#include <catch2/catch.hpp>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include <tidewire/value.hpp>

namespace tidewire {
namespace {

enum class Choice { taken, refused };

// What RFC 8259 leaves to the reader. Refused: numbers beyond float64, since infinity has no JSON
// form to go back to; text that is not UTF-8 or half a surrogate pair, since text is UTF-8 here; a
// byte order mark, which a sender must not write (8.1).
const std::map<std::string_view, Choice> kChoices{
    {"i_number_double_huge_neg_exp.json", Choice::taken},
    {"i_number_huge_exp.json", Choice::refused},
    {"i_number_neg_int_huge_exp.json", Choice::refused},
    {"i_number_pos_double_huge_exp.json", Choice::refused},
    {"i_number_real_neg_overflow.json", Choice::refused},
    {"i_number_real_pos_overflow.json", Choice::refused},
    {"i_number_too_big_pos_int.json", Choice::taken},
    {"i_object_key_lone_2nd_surrogate.json", Choice::refused},
    {"i_string_1st_surrogate_but_2nd_missing.json", Choice::refused},
    {"i_string_1st_valid_surrogate_2nd_invalid.json", Choice::refused},
    {"i_string_UTF-16LE_with_BOM.json", Choice::refused},
    {"i_string_UTF-8_invalid_sequence.json", Choice::refused},
    {"i_string_incomplete_surrogate_and_escape_valid.json", Choice::refused},
    {"i_string_incomplete_surrogate_pair.json", Choice::refused},
    {"i_string_invalid_lonely_surrogate.json", Choice::refused},
    {"i_string_invalid_surrogate.json", Choice::refused},
    {"i_string_inverted_surrogates_U+1D11E.json", Choice::refused},
    {"i_string_iso_latin_1.json", Choice::refused},
    {"i_string_lone_second_surrogate.json", Choice::refused},
    {"i_string_overlong_sequence_2_bytes.json", Choice::refused},
    {"i_string_overlong_sequence_6_bytes.json", Choice::refused},
    {"i_string_overlong_sequence_6_bytes_null.json", Choice::refused},
    {"i_string_truncated-utf-8.json", Choice::refused},
    {"i_string_utf16LE_no_BOM.json", Choice::refused},
    {"i_structure_UTF-8_BOM_empty_object.json", Choice::refused},
};

struct Text {
    std::string name;
    std::string json;
};

std::vector<Text> texts_of(char kind) {
    std::vector<Text> texts;
    namespace fs = std::filesystem;
    for (const auto& entry :
         fs::directory_iterator(TIDEWIRE_SOURCE_DIR "/tests/conformance/data/json")) {
        const std::string name = entry.path().filename().string();
        if (name[0] != kind) continue;
        std::ifstream file(entry.path(), std::ios::binary);
        texts.push_back({name, std::string{std::istreambuf_iterator<char>(file), {}}});
    }
    return texts;
}

// Parse and scan must say the same; what is read comes back from its dump.
Choice choice_of(const Text& text) {
    const auto value = Value::parse(text.json);
    CHECK(value.has_value() == Value::scan(text.json).has_value());
    if (!value) return Choice::refused;
    const auto again = value->dump();
    REQUIRE(again);
    CHECK(*Value::parse(*again) == *value);
    return Choice::taken;
}

}  // namespace

TEST_CASE("every text that is JSON is read", "[json]") {
    const auto texts = texts_of('y');
    CHECK(texts.size() == 70);
    for (const Text& text : texts) {
        INFO(text.name);
        CHECK(choice_of(text) == Choice::taken);
    }
}

TEST_CASE("every text that is not JSON is refused", "[json]") {
    const auto texts = texts_of('n');
    CHECK(texts.size() == 141);
    for (const Text& text : texts) {
        INFO(text.name);
        CHECK(choice_of(text) == Choice::refused);
    }
}

TEST_CASE("texts that readers may choose about are treated as written down here", "[json]") {
    const auto texts = texts_of('i');
    CHECK(texts.size() == kChoices.size());
    for (const Text& text : texts) {
        INFO(text.name);
        REQUIRE(kChoices.contains(text.name));
        CHECK(choice_of(text) == kChoices.at(text.name));
    }
}

}  // namespace tidewire
