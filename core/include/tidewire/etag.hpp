// Entity tags (RFC 9110 8.8.3): names of versions of what a route serves.
//
// A handler says which version it answers with by the field ETag. A GET or HEAD whose If-None-Match
// has that tag is then answered 304 without the body, by the server itself. If-Match, which guards
// a change against a version that is gone, is the handler's to look at: only it knows the version
// before the change, and 412 (Precondition Failed) is its answer.
#pragma once

#include <string>
#include <string_view>

namespace tidewire {

// A strong tag of these bytes, 32 hexadecimal digits in quotes: the same on every machine and in
// every language of tidewire, another one for other bytes.
[[nodiscard]] std::string make_etag(std::string_view content);

// Whether `tag` is among those of an If-Match (compared strongly: a weak tag matches nothing) or an
// If-None-Match (compared weakly, RFC 9110 8.8.3.2). `*` stands for any. What is no list of tags
// matches nothing.
[[nodiscard]] bool if_match(std::string_view field, std::string_view tag) noexcept;
[[nodiscard]] bool if_none_match(std::string_view field, std::string_view tag) noexcept;

}  // namespace tidewire
