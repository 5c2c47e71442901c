#!/usr/bin/env bash
# Runs the pitfalls of plain tokio code under the tracker and the explorer, each with its fixed twin.
#
#   scripts/tokio-pitfalls.sh [--json FILE] [PITFALL]...     only those whose names contain one of these, if any are given
#
# What was found stands in target/tokio-pitfalls/results.json then, or in FILE: `lockyard verify --include FILE` puts it
# beside the pitfalls of the sessions.
set -euo pipefail
here=$PWD
cd "$(dirname "$0")/../tokio-pitfalls"

results=../target/tokio-pitfalls/results.json
if [ "${1:-}" = --json ]; then
    [ $# -ge 2 ] || { echo "tokio-pitfalls.sh: --json needs the name of a file" >&2; exit 2; }
    results=$(cd "$here" && realpath -m -- "$2")
    shift 2
fi
mkdir -p "$(dirname "$results")"
rm -f "$results"
LOCKYARD_RESULTS=$(realpath -m -- "$results")
export LOCKYARD_RESULTS
# The wrong variants panic by design; their backtraces would bury what is said of them.
export RUST_BACKTRACE=0
# Tests are called as their pitfalls are, with the other dash.
cargo test --no-fail-fast --target-dir ../target/tokio-pitfalls -- "${@//-/_}"
[ -s "$LOCKYARD_RESULTS" ] || { echo "tokio-pitfalls.sh: no pitfall is called so" >&2; exit 1; }
