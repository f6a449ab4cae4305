#!/usr/bin/env bash
# Proves that a bare Debian is enough: makes one under build/fresh by debootstrap, copies what is
# committed into it, and runs there `make demo ONCE=1`, `make test` and the checks of the installs.
#
#   scripts/fresh.sh [TARGET...]     make targets to run instead of these
#
# The settings of this machine's apt, pip and npm (mirrors, proxies, certificates) are copied in at
# run time. Needs root. The base system is kept as build/fresh-base.tar, so that the next run is
# quicker. Everything is unmounted and the folder removed at the end; KEEP=1 keeps the folder.
set -euo pipefail
# shellcheck source=scripts/lib.sh
source "$(dirname "$0")/lib.sh"
cd "$root"

suite=bookworm
box=$root/build/fresh
base=$root/build/fresh-base.tar
inside=/home/tidewire
mounted=()

[[ $(id -u) -eq 0 ]] || die "make fresh needs root: debootstrap and chroot do"

# What a failed test has left running in the box would keep its mounts busy.
end_processes() {
    local process
    for process in /proc/[0-9]*; do
        if [[ $(readlink "$process/root" 2>/dev/null) == "$box" ]]; then
            kill -KILL "${process#/proc/}" 2>/dev/null || true
        fi
    done
}

unmount_all() {
    local i
    end_processes
    for ((i = ${#mounted[@]} - 1; i >= 0; i--)); do
        umount "${mounted[$i]}" || umount --lazy "${mounted[$i]}"
    done
    mounted=()
}

remove_box() {
    # Never follows into a mount that is still there.
    if grep -q " $box/" /proc/self/mounts; then die "something is still mounted under $box"; fi
    rm -rf --one-file-system "$box"
}

finish() {
    local status=$?
    unmount_all
    if [[ -z ${KEEP:-} ]]; then remove_box || true; fi
    exit "$status"
}

# The first mirror of this machine's apt, for debootstrap; apt inside gets the whole configuration.
mirror() {
    apt-get indextargets --format '$(SITE)|$(RELEASE)' "Created-By: Packages" 2>/dev/null |
        awk -F '|' -v suite="$suite" '$2 == suite { print $1; exit }'
}

make_base() {
    local url
    url=$(mirror)
    [[ -n $url ]] || die "no apt source of this machine has $suite"
    say "Making a bare Debian $suite"
    with_progress "debootstrap" build/log/fresh-debootstrap.log \
        debootstrap --variant=minbase --include=make,ca-certificates "$suite" "$box" "$url"
    tar -C "$box" --one-file-system -cf "$base.part" .
    mv "$base.part" "$base"
}

copy_if_there() {
    local path
    for path in "$@"; do
        [[ -e $path ]] || continue
        mkdir -p "$box$(dirname "$path")"
        cp -rL --remove-destination "$path" "$box$(dirname "$path")/"
    done
}

# Variables by which a machine says how it reaches its registries; files among their values are
# copied as well.
settings=()
carry_settings() {
    local name value
    rm -f "$box/etc/apt/sources.list"
    copy_if_there /etc/apt/sources.list /etc/apt/sources.list.d /etc/apt/apt.conf \
        /etc/apt/apt.conf.d /etc/apt/keyrings /usr/share/keyrings /etc/resolv.conf /etc/hosts \
        /etc/pip.conf /etc/ssl/certs/ca-certificates.crt /usr/local/share/ca-certificates
    rm -f "$box"/etc/apt/apt.conf.d/docker-*
    while IFS='=' read -r -d '' name value; do
        case $name in
            *_proxy | *_PROXY | PIP_* | npm_config_registry | SSL_CERT_* | *_CA_BUNDLE | \
                NODE_EXTRA_CA_CERTS)
                settings+=("$name=$value")
                if [[ $value == /* && -f $value ]]; then copy_if_there "$value"; fi
                ;;
        esac
    done < <(env -0)
    use_tools_path
    if command -v npm >/dev/null; then
        settings+=("npm_config_registry=$(cd / && npm config get registry)")
    fi
}

prepare() {
    remove_box
    mkdir -p "$box"
    if [[ -f $base ]]; then
        say "Unpacking the bare Debian of an earlier run (build/fresh-base.tar)"
        tar -C "$box" -xf "$base"
    else
        make_base
    fi
    carry_settings
    mkdir -p "$box$inside"
    say "Copying commit $(git rev-parse --short HEAD) into it"
    git archive HEAD | tar -C "$box$inside" -x
    mount -t proc proc "$box/proc" && mounted+=("$box/proc")
    mount -t sysfs -o ro sysfs "$box/sys" && mounted+=("$box/sys")
    mount --bind /dev "$box/dev" && mounted+=("$box/dev")
    # Pseudo-terminals, which the demo's tests open, are a file system of their own.
    mount --bind /dev/pts "$box/dev/pts" && mounted+=("$box/dev/pts")
    mkdir -p "$box/dev/shm"
    mount -t tmpfs tmpfs "$box/dev/shm" && mounted+=("$box/dev/shm")
}

in_box() {
    chroot "$box" /usr/bin/env -i HOME=/root TERM="${TERM:-dumb}" LANG=C.UTF-8 \
        PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin \
        "${settings[@]}" sh -c "cd $inside && exec $*"
}

command -v debootstrap >/dev/null || scripts/setup.sh fresh
trap finish EXIT
trap 'exit 130' INT TERM
prepare

targets=("$@")
[[ ${#targets[@]} -gt 0 ]] || targets=("demo ONCE=1" test install-check)
failed=()
for target in "${targets[@]}"; do
    started=$SECONDS
    say "In the bare Debian: make $target"
    if in_box "make $target"; then
        say "make $target passed in $((SECONDS - started)) s"
    else
        say "make $target FAILED after $((SECONDS - started)) s"
        failed+=("make $target")
    fi
done
say "fresh: $((SECONDS / 60)) minutes in all"
if [[ ${#failed[@]} -gt 0 ]]; then
    mkdir -p build/log/fresh
    cp -r "$box$inside/build/log/." build/log/fresh/ 2>/dev/null || true
    die "failed in the bare Debian: ${failed[*]} (logs: build/log/fresh)"
fi
say "fresh: passed: ${targets[*]}"
