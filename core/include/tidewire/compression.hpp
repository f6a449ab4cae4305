// Compression: which answers of a server leave as gzip or deflate (RFC 9110 8.4).
//
// Whoever asks by Accept-Encoding gets the coding it weighs highest, gzip before deflate. Such
// answers say `Vary: Accept-Encoding`, compressed or not, and a strong ETag of theirs becomes weak.
// Left as they are: answers that have a Content-Encoding already, those with `Cache-Control:
// no-transform`, and parts (206). A streamed answer is flushed at each piece.
//
// Do not compress what holds a secret beside text that an attacker may choose: from the sizes of
// many such answers the secret can be learned (BREACH).
#pragma once

#include <cstddef>
#include <string>
#include <vector>

namespace tidewire {

struct Compression {
    // Shorter bodies gain nothing: they fit one packet as they are.
    std::size_t bytes_min = 1024;
    // Longer ones would hold up the loop, some 10 ms for 1 MiB; streams have no such bound.
    std::size_t bytes_max = 1024 * 1024;
    int level = 4;  // 1 (fast) to 9 (small)
    // "type/subtype", or "type/*" for all of a type.
    std::vector<std::string> types = {
        "text/*",          "application/json",       "application/problem+json",
        "application/xml", "application/javascript", "application/x-ndjson",
        "image/svg+xml"};
};

}  // namespace tidewire
