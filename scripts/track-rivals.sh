#!/usr/bin/env bash
# Holds the tracker against other detectors of deadlocks, in a build of its own.
set -eu
cd "$(dirname "$0")/../track-rivals"
cargo test --target-dir ../target/track-rivals "$@"
