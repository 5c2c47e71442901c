#!/usr/bin/env bash
# Runs the loom models and prints how many executions each explored. Arguments go to the test programs, such as the
# name of one model.
set -eu
cd "$(dirname "$0")/.."
# The broken twins panic by design; their backtraces would bury the counts.
export RUST_BACKTRACE=0
RUSTFLAGS="${RUSTFLAGS:-} --cfg lockyard_loom" cargo test --no-fail-fast --release --target-dir target/loom -p loom-tests -- --nocapture "$@"
