#!/usr/bin/env bash
# Judges many random histories of each specification twice, by the checker and by all permutations, and does the same with
# what is decided without a search, of which what is shown must be impossible by itself. Prints how many were right and how
# many wrong.
#
#   scripts/brute-force.sh [HISTORIES [VIOLATIONS]]     of each, a hundred thousand if not given
#
# Then it makes a thousand violations of up to 300 operations small, and judges again what is left of them.
set -euo pipefail
cd "$(dirname "$0")/.."
export LOCKYARD_HISTORIES="${1:-100000}" LOCKYARD_VIOLATIONS="${2:-1000}" LOCKYARD_OPERATIONS=300
cargo test --release -p lockyard-history --test specs --test specs_shortcuts --test violations -- --nocapture
