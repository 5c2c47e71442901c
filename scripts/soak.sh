#!/usr/bin/env bash
# The server under load for a while: its memory must not grow, and what it opens and starts it must end.
#
#   scripts/soak.sh [SECONDS]     300 by default
#
# The first third is for warming up: what is resident at its end is held against the most that is later. Needs jq and curl.
set -euo pipefail
cd "$(dirname "$0")/.."
source scripts/serving.sh
for tool in jq curl; do needs "$tool" "install it"; done
seconds=${1:-300}
build
start "$lockyard" serve --strategy best --store "redb:$serving_place/store.redb" --listen 127.0.0.1:0

metric() { curl -sf "$url/metrics" | awk -v name="$1" '$1 == name { print $2 }'; }
look() {
    printf '%s %s %s %s %s\n' "$SECONDS" "$(proc_status "$pid" VmRSS)" "$(open_files "$pid")" \
        "$(proc_status "$pid" Threads)" "$(metric lockyard_tasks)"
}
before=$(look)
"$lockyard" load --url "$url" --scenario churn --set sessions=200 --set messages=10 --duration "${seconds}s" \
    --out "$serving_place/load" --format json > "$serving_place/record" 2> "$serving_place/load.err" &
load=$! && serving_pids+=("$load")
SECONDS=0
while kill -0 "$load" 2>/dev/null; do
    look | tee -a "$serving_place/looks" >&2
    sleep 5
done
wait "$load" || { cat "$serving_place/load.err" >&2; exit 1; }
after=$(look)

jq -r '.cells[0] | "\(.operations) operations, \(.errors) errors, linearizable: \(.verification.linearizable)"' \
    "$serving_place/record"
awk -v third="$((seconds / 3))" '
    $1 <= third { first = $2; next }
    $2 > most { most = $2 }
    END {
        printf "resident: %d KiB after a third, %d KiB at most later\n", first, most
        exit most > first * 1.1 + 4096
    }' "$serving_place/looks" || { echo "memory grows" >&2; exit 1; }
echo "files, threads, tasks: $(cut -d' ' -f3- <<<"$before") before, $(cut -d' ' -f3- <<<"$after") after"
awk -v before="$before" -v after="$after" 'BEGIN {
    split(before, b, " "); split(after, a, " ")
    exit (a[3] > b[3] + 4) || (a[4] > b[4] + 2) || (a[5] > b[5] + 4)
}' || { echo "files, threads or tasks are left over" >&2; exit 1; }
