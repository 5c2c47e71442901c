#!/usr/bin/env bash
# Judges many random histories of each model (register, kv, session) twice, by the checker and by brute force, and prints
# how many were right and how many broken; those of sessions by the search, along their versions, and by the versions
# alone. Takes the number of histories, and of operations in each.
set -eu
cd "$(dirname "$0")/.."
export LOCKYARD_HISTORIES="${1:-100000}" LOCKYARD_OPERATIONS="${2:-8}"
cargo test --release --no-default-features --test checks -- --nocapture agreement::
