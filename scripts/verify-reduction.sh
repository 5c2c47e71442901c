#!/usr/bin/env bash
# Holds the explorer's reduced search against plain depth-first search: every model over every strategy, and every
# mutant that has no more than so many plain schedules comes to the same verdict and to the same final states. Prints the
# schedules of both; a million take some twenty minutes. Then the same of twenty thousand programs that are drawn.
#
#   scripts/verify-reduction.sh [SCHEDULES]     one million, if not given
set -euo pipefail
cd "$(dirname "$0")/.."
export LOCKYARD_PLAIN_SCHEDULES="${1:-1000000}"
cargo test --release --test checks -- --nocapture searched_plainly
LOCKYARD_PROGRAMS=20000 cargo test --release --package lockyard-explore --test random_programs -- --nocapture
