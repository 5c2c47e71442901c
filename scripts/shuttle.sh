#!/usr/bin/env bash
# Runs the shuttle models: the whole service in many orders drawn at random.
#
#   scripts/shuttle.sh [--json FILE] [--iterations N] [--seed N] [MODEL]...
#   scripts/shuttle.sh --replay NAME SCHEDULES     runs one again, as a failure prints it: turns@tokio-mutex random:17
#
# MODEL: only tests whose names contain one of these. What was found stands in target/shuttle/results.json then, or in
# FILE: `lockyard verify --include FILE` puts it beside what the explorer finds.
set -euo pipefail
here=$PWD
cd "$(dirname "$0")/.."

refuse() {
    printf 'shuttle.sh: %s\n' "$*" >&2
    exit 2
}

results=target/shuttle/results.json
while [ $# -gt 0 ]; do
    case $1 in
        --json)
            [ $# -ge 2 ] || refuse "--json needs the name of a file"
            results=$(cd "$here" && realpath -m -- "$2")
            ;;
        --iterations)
            [[ ${2:-} =~ ^[1-9][0-9]*$ ]] || refuse "--iterations needs a number above zero"
            export LOCKYARD_ITERATIONS=$2
            ;;
        --seed)
            [[ ${2:-} =~ ^[0-9]+$ ]] || refuse "--seed needs a number"
            export LOCKYARD_SEED=$2
            ;;
        --replay)
            [ $# -ge 3 ] || refuse "--replay needs a name and schedules, such as: appends-4x3@tokio-mutex random:17"
            export LOCKYARD_REPLAY="$2 $3"
            shift
            ;;
        -*) refuse "unknown option '$1'; there are: --json, --iterations, --seed, --replay" ;;
        *) break ;;
    esac
    shift 2
done
if [ -z "${LOCKYARD_REPLAY:-}" ]; then
    mkdir -p "$(dirname "$results")"
    rm -f "$results"
    LOCKYARD_RESULTS=$(realpath -m -- "$results")
    export LOCKYARD_RESULTS
fi
# The mutants panic by design; their backtraces would bury the counts.
export RUST_BACKTRACE=0
models() {
    cargo test --no-fail-fast --release --target-dir target/shuttle -p shuttle-tests --features models -- \
        --nocapture "$@"
}
if [ -z "${LOCKYARD_REPLAY:-}" ]; then
    models "$@"
    exit
fi
output=$(mktemp)
trap 'rm -f "$output"' EXIT
models 2>&1 | tee "$output" || { grep -q " fails in " "$output" && exit 1; }
grep -q ": everything held in " "$output" || refuse "there is no model '${LOCKYARD_REPLAY% *}'"
