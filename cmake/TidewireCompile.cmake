# Compile and link options that every target of this project has, and none of its users gets.

function(tidewire_compile_options target)
    target_compile_features(${target} PRIVATE cxx_std_20)
    target_compile_options(${target} PRIVATE
        -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Wno-sign-conversion
        $<$<BOOL:${TIDEWIRE_WERROR}>:-Werror>)
endfunction()

# A seventh of a request's instructions are calls between layers. The objects keep their machine
# code beside the intermediate one, so that the static library links with any compiler.
if(TIDEWIRE_LTO AND CMAKE_CXX_COMPILER_ID STREQUAL "GNU" AND NOT TIDEWIRE_SANITIZE)
    add_compile_options(-flto=auto -ffat-lto-objects)
    add_link_options(-flto=auto)
endif()

# Sanitizers must see the whole build, so they are set for the directory tree, not for a target.
# Their presets do not make errors of warnings: instrumented code gives gcc false ones. Lines for
# the stack traces are all the debug information they need: the rest takes a quarter of the build.
if(TIDEWIRE_SANITIZE)
    add_compile_options(-fsanitize=${TIDEWIRE_SANITIZE} -fno-sanitize-recover=all
                        -fno-omit-frame-pointer -g1)
    # GCC's flow analysis takes the sanitizers' checks for paths that leave values unset.
    if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
        add_compile_options(-Wno-maybe-uninitialized)
    endif()
    add_link_options(-fsanitize=${TIDEWIRE_SANITIZE} -fno-sanitize-recover=all)
endif()
if(TIDEWIRE_FUZZ)
    if(NOT CMAKE_CXX_COMPILER_ID MATCHES "Clang")
        message(FATAL_ERROR "TIDEWIRE_FUZZ needs clang (libFuzzer); use the preset `fuzz`.")
    endif()
    # Coverage for all code; the fuzz targets alone get libFuzzer's main().
    add_compile_options(-fsanitize=fuzzer-no-link)
endif()
