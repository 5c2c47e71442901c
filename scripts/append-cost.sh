#!/usr/bin/env bash
# What an append costs the disk: bytes written for one client and for 64, beside a bare redb commit of two small rows in the
# same run, and the median time of an append early and late in a conversation. Fails if an append costs more than 1.3 bare
# commits.
#
#   scripts/append-cost.sh [FOLDER] [APPENDS]     target and 7000 by default; FOLDER must be on a disk
set -euo pipefail
cd "$(dirname "$0")/.."
mkdir -p "${1:-target}"
cargo run --release --example append_cost -- "${1:-target}" "${2:-7000}"
