#!/usr/bin/env bash
# Holds the explorer's reduced search against plain depth-first search: every model over every strategy, and every
# mutant that has no more than so many plain schedules comes to the same verdict and to the same final states. Prints the
# schedules of both; a million take some twenty minutes.
#
#   scripts/verify-reduction.sh [SCHEDULES]     one million, if not given
set -euo pipefail
cd "$(dirname "$0")/.."
export LOCKYARD_PLAIN_SCHEDULES="${1:-1000000}"
cargo test --release --test checks -- --nocapture searched_plainly
