#!/usr/bin/env bash
# Makes dist/tidewire-VERSION.tgz for npm, with the built addon and its libraries inside, so that
# installing it compiles nothing and downloads nothing.
set -euo pipefail
# shellcheck source=scripts/lib.sh
source "$(dirname "$0")/lib.sh"
cd "$root"
use_tools_path
export CCACHE_BASEDIR=${CCACHE_BASEDIR:-$root} CCACHE_NOHASHDIR=1
version=$(<VERSION)
prebuild=prebuilds/linux-x64-glibc

with_progress "typescript" build/log/tarball-tsc.log npm run --silent build
with_progress "configure" build/log/tarball-configure.log cmake --preset release
with_progress "building the addon" build/log/tarball-build.log \
    cmake --build --preset release -j "$(nproc)"

rm -rf prebuilds build/prebuild
cmake --install build/release --prefix build/prebuild --component node --strip >/dev/null
cmake --install build/release --prefix build/prebuild --component node-bundle >/dev/null
mkdir -p "$prebuild"
cp build/prebuild/tidewire.node "$prebuild/"
# npm drops symbolic links when it packs: copy what each name points to, under the name that the
# loader asks for. The libraries of Cap'n Proto bear their version before `.so` and have no link.
while read -r library; do
    cp -L "build/prebuild/$library" "$prebuild/$library"
done < <(find build/prebuild \( -type l -name '*.so.*' -o -type f -name '*-[0-9]*.so' \) \
             -printf '%f\n')

mkdir -p dist
rm -f dist/tidewire-*.tgz
npm pack --silent --ignore-scripts --pack-destination dist >/dev/null
[[ -f dist/tidewire-$version.tgz ]] || die "npm pack made no dist/tidewire-$version.tgz"
contents=$(tar -tzf "dist/tidewire-$version.tgz")
[[ $contents == *"package/$prebuild/tidewire.node"* ]] ||
    die "the tarball has no addon inside"
say "dist/tidewire-$version.tgz ($(du -h "dist/tidewire-$version.tgz" | cut -f 1))"
