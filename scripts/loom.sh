#!/usr/bin/env bash
# Runs the loom models and prints how many executions each explored.
#
#   scripts/loom.sh [--json FILE] [MODEL]...     only tests whose names contain one of these, if any are given
#
# What was found stands in target/loom/results.json then, or in FILE: `lockyard verify --include FILE` puts it beside
# what the explorer finds.
set -euo pipefail
here=$PWD
cd "$(dirname "$0")/.."

results=target/loom/results.json
if [ "${1:-}" = --json ]; then
    [ $# -ge 2 ] || { echo "loom.sh: --json needs the name of a file" >&2; exit 2; }
    results=$(cd "$here" && realpath -m -- "$2")
    shift 2
fi
mkdir -p "$(dirname "$results")"
rm -f "$results"
LOCKYARD_RESULTS=$(realpath -m -- "$results")
export LOCKYARD_RESULTS
# The mutants panic by design; their backtraces would bury the counts.
export RUST_BACKTRACE=0
RUSTFLAGS="${RUSTFLAGS:-} --cfg lockyard_loom" \
    cargo test --no-fail-fast --release --target-dir target/loom -p loom-tests -- --nocapture "$@"
