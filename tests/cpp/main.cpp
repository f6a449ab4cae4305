// The one main() of the C++ tests. It stands alone, so that Catch2's runner is compiled once.

#define CATCH_CONFIG_MAIN
#include <catch2/catch.hpp>
