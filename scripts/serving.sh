#!/usr/bin/env bash
# For other scripts to source: servers that are started on free ports, and ended when the script is.
set -euo pipefail

serving_place=$(mktemp -d)
serving_pids=()
end_serving() {
    for pid in "${serving_pids[@]}"; do kill "$pid" 2>/dev/null || true; done
    for pid in "${serving_pids[@]}"; do wait "$pid" 2>/dev/null || true; done
    serving_pids=()
    rm -rf "$serving_place"
}
trap end_serving EXIT

# Starts a program that prints its address, and waits for that. Leaves it in `url`, and the process in `pid`.
start() {
    local out="$serving_place/${#serving_pids[@]}"
    "$@" > "$out" 2> "$out.err" &
    pid=$!
    serving_pids+=("$pid")
    until [ -s "$out" ]; do
        kill -0 "$pid" 2>/dev/null || { cat "$out.err" >&2; return 1; }
        sleep 0.05
    done
    url=$(head -n 1 "$out")
}

# Builds the program as a user does, and leaves it in `lockyard`; LOCKYARD names one that is built already.
build() {
    lockyard=${LOCKYARD:-}
    [ -n "$lockyard" ] || { cargo build --release --bin lockyard && lockyard=target/release/lockyard; }
}

needs() {
    command -v "$1" >/dev/null || { echo "no $1: $2" >&2; exit 1; }
}

# A figure of a process from /proc, such as VmRSS in KiB.
proc_status() { awk -v name="$2:" '$1 == name { print $2 }' "/proc/$1/status"; }
open_files() { find "/proc/$1/fd" -mindepth 1 -maxdepth 1 2>/dev/null | wc -l; }
