# What the shell scripts share: how they speak, and where things are. Sourced, not run.

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
venv=$root/.venv
tools=$root/.tools

say() { printf '== %s\n' "$*"; }
die() { printf 'error: %s\n' "$*" >&2; exit 1; }

# Runs a long command with its output in a log, and a line now and then that shows it is alive.
# with_progress NAME LOG COMMAND...
with_progress() {
    local name=$1 log=$2 started=$SECONDS pid status=0
    shift 2
    mkdir -p "$(dirname "$log")"
    "$@" >"$log" 2>&1 &
    pid=$!
    while kill -0 "$pid" 2>/dev/null; do
        sleep 1
        if ((SECONDS - started > 0 && (SECONDS - started) % 10 == 0)); then
            printf '   ... %s, %d s: %s\n' "$name" $((SECONDS - started)) \
                "$(tail -n 1 "$log" | tr -d '\r' | cut -c 1-80)"
        fi
    done
    wait "$pid" || status=$?
    if ((status != 0)); then
        tail -n 40 "$log" >&2
        printf 'error: %s failed; the whole output is in %s\n' "$name" "${log#"$root"/}" >&2
        return "$status"
    fi
    printf '   %s: done in %d s\n' "$name" $((SECONDS - started))
}

# Where node is: on PATH if new enough, else what setup.sh has put into .tools.
use_tools_path() {
    if [[ -x $tools/node/bin/node ]]; then
        PATH=$tools/node/bin:$PATH
    fi
    export PATH
}

node_is_new_enough() {
    node -e 'const [a, b] = process.versions.node.split(".").map(Number)
             process.exit(a > 20 || (a === 20 && b >= 17) ? 0 : 1)' 2>/dev/null
}
