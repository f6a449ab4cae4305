// The headers of Cap'n Proto that the serializer reads schemas with.
//
// Version 0.9 compares `const char*` with a StringPtr by the latter's member with the operands
// swapped. C++20 as clang reads it (P2468) has no such swap beside an operator!=, so it gets the
// operator here, before the headers that need it.
#pragma once

#include <kj/string.h>

#ifdef __clang__
namespace kj {
inline bool operator==(const char* left, const StringPtr& right) { return right == left; }
inline bool operator!=(const char* left, const StringPtr& right) { return right != left; }
}  // namespace kj
#endif

#include <capnp/any.h>
#include <capnp/message.h>
#include <capnp/schema-parser.h>
#include <capnp/schema.h>
#include <capnp/serialize.h>
#include <kj/exception.h>
#include <kj/filesystem.h>
