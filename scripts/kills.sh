#!/usr/bin/env bash
# The faults of the store at length, so often that what is rare shows: the server killed under load in both durability
# modes, the power cut under the store, disks that fill up, flipped bits. Prints what was lost or served, and fails if
# that is more than is promised.
#
#   scripts/kills.sh [KILLS] [POWER_LOSSES] [FULL_DISKS] [FLIPS]     200, 200, 100 and 1,000; none of a kind that is 0
#
# Kills and full disks are of each mode. In write-through the server is killed by a test that judges the whole history
# (tests/program/crash.rs), for a strategy that saves under the lock and for one that saves after it; what write-behind
# may lose is told by its age (scripts/store_faults.py). Twenty minutes with the defaults. Needs Python 3.
set -euo pipefail
cd "$(dirname "$0")/.."
source scripts/serving.sh
needs python3 "install it"
kills=${1:-200} losses=${2:-200} disks=${3:-100} flips=${4:-1000}

tests=()
[ "$kills" = 0 ] || tests+=(crash::)
[ "$losses" = 0 ] || tests+=(power_loss::)
[ "$flips" = 0 ] || tests+=(redb_damage::no_flipped_bit_is_served)
if [ ${#tests[@]} -gt 0 ]; then
    LOCKYARD_KILLS=$kills LOCKYARD_POWER_LOSSES=$losses LOCKYARD_FLIPS=$flips \
        cargo test --test program --test session -- --nocapture "${tests[@]}" || broken=$((broken + 1))
fi
[ "$kills$disks" = 00 ] || build
export TMPDIR=$serving_place
[ "$kills" = 0 ] || python3 scripts/store_faults.py kills "$lockyard" "$kills" || broken=$((broken + 1))
[ "$disks" = 0 ] || python3 scripts/store_faults.py full-disks "$lockyard" "$disks" || broken=$((broken + 1))
end_of_trial
