#!/usr/bin/env bash
# Looks for false positives: every preset under every scenario with tracked locks, for so many minutes in all (10 by
# default). All of them are correct, so whatever the tracker calls wrong is one. Prints how many acquisitions it saw.
set -euo pipefail
cd "$(dirname "$0")/.."
minutes=${1:-10}
cargo build --release
out=$(mktemp -d)
trap 'rm -rf "$out"' EXIT
cells=$((14 * 6))
args=()
for scenario in polling hot-context active-chat streaming churn one-worker; do args+=(--scenario "$scenario"); done
status=0
target/release/lockyard compare --track --no-verify "${args[@]}" --duration "$((minutes * 60000 / cells))ms" \
    --out "$out" --format json > "$out/stdout.json" || status=$?
python3 - "$out/run.json" <<'PYTHON'
import json, sys
cells = json.load(open(sys.argv[1]))["cells"]
seen = sum(times["count"] for cell in cells for times in cell["hold_ns"].values())
wrong = [f for cell in cells for f in cell["findings"] if f["severity"] != "info"]
for finding in wrong:
    print(finding["severity"], finding["rule"] or finding["kind"], finding["message"])
print(f"{len(cells)} cells, {seen:,} acquisitions, {len(wrong)} alarms")
PYTHON
exit "$status"
