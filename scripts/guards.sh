#!/usr/bin/env bash
# Explores the guards of shared sessions whole: every program over each of the four, until all schedules were tried, and prints
# how many there were and how long that took. Takes a bound on the schedules of each search; without one there is none.
set -eu
cd "$(dirname "$0")/.."
export LOCKYARD_GUARD_SCHEDULES="${1:-0}"
cargo test --release --no-default-features --lib -- --nocapture checks::shared
