#!/usr/bin/env bash
# The worst that clients can do, all at once, against `serve` with its default limits: heads and bodies that drip, pages
# and turns that are not read, bodies that need much memory once they are read, huge messages, thousands of sessions,
# idle connections, and requests after a refusal (scripts/overload.py). Meanwhile an ordinary client must be served.
#
#   scripts/overload.sh [SECONDS] [PART...]     180 seconds for each part; parts: memory, redb, memory-2GiB, redb-2GiB
#
# Over the store in memory and over redb; and both again with 2 GiB of address space (ulimit -v), under which the
# process must live. Prints the highest resident memory, the latencies of the ordinary client and what was answered to
# whom. Fails if the server ends, has more than 1 GiB, or gives the ordinary client anything but answers and documented
# refusals; at 4 GiB a part is given up. All parts take a little more than four times SECONDS. Needs Python 3.11 and,
# for 14,000 connections, as many open files.
set -euo pipefail
cd "$(dirname "$0")/.."
source scripts/serving.sh
needs python3 "install it"
python3 -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "Python 3.11 is needed" >&2; exit 1; }
ulimit -n "$(ulimit -Hn)"
[ "$(ulimit -n)" = unlimited ] || [ "$(ulimit -n)" -ge 16384 ] || { echo "16,384 open files are needed" >&2; exit 1; }
seconds=${1:-180}
shift || true
[ $# -gt 0 ] || set -- memory redb memory-2GiB redb-2GiB
build

for part in "$@"; do
    case $part in
        memory*) store=memory ;;
        redb*) store=redb:$serving_place/$part.redb ;;
        *) echo "no part is called $part" >&2; exit 2 ;;
    esac
    case $part in
        *-2GiB) space=2097152 ;;
        *) space=unlimited ;;
    esac
    echo "== $part, $seconds s $(load_average)"
    # Turns take some time here, so that streams are open at once; all else is as it is by default.
    start bash -c 'ulimit -v "$1"; shift; exec "$@"' - "$space" \
        "$lockyard" serve --listen 127.0.0.1:0 --store "$store" --model-chunks 50 --model-chunk-interval 100ms
    python3 scripts/overload.py "$url" "$pid" "$seconds" 1024 || broken=$((broken + 1))
    said=$serving_place/$((${#serving_pids[@]} - 1)).err
    # What it said beside its greeting, each once.
    tail -n +3 "$said" | sed -E 's/^[0-9TZ:.-]+ +//' | cut -c1-160 | sort | uniq -c | sort -rn | head -5
    ! grep -q panicked "$said" || { echo "BROKEN  it panicked"; broken=$((broken + 1)); }
    kill "$pid" 2>/dev/null || true
    wait "$pid" 2>/dev/null || true
    rm -f "$serving_place/$part.redb"
    echo
done
end_of_trial
