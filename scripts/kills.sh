#!/usr/bin/env bash
# The crash tests at length: the server killed under load, and the power cut under the store, so often that what is rare
# shows. Prints what was lost, which should be nothing.
#
#   scripts/kills.sh [KILLS] [POWER_LOSSES]     200 each by default
set -euo pipefail
cd "$(dirname "$0")/.."
export LOCKYARD_KILLS="${1:-200}" LOCKYARD_POWER_LOSSES="${2:-200}"
cargo test --test program --test session -- --nocapture crash:: power_loss::
