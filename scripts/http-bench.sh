#!/usr/bin/env bash
# The server under clients of other authors: wrk and oha against `serve` and against the least that axum can do, the
# driver beside them, ten thousand connections that idle, and what --track costs. Prints each figure with what is wanted
# of it.
#
#   scripts/http-bench.sh [SECONDS] [PART...]     how long each measurement takes: 10 by default; parts, all by default:
#
#   throughput   requests a second, beside bare axum (15 times SECONDS)
#   latency      p99 at half of what oha reaches (7 times SECONDS)
#   idle         the memory of 10,000 idle connections, and a live client beside them (6 times SECONDS and a little)
#   track        CPU time a request with and without --track, reads and writes (20 times SECONDS)
#
# Server and clients share this machine, so let it do nothing else. Installs wrk from the system's packages and oha by
# cargo where they are missing. Needs jq, curl and Python 3.
set -euo pipefail
cd "$(dirname "$0")/.."
source scripts/serving.sh
for tool in jq curl python3; do needs "$tool" "install it"; done
installed wrk wrk

seconds=${1:-10}
shift || true
[ $# -gt 0 ] || set -- throughput latency idle track
clients=64
rounds=3
json='Content-Type: application/json'
build

start "$lockyard" serve --listen 127.0.0.1:0 && serve=$url serve_pid=$pid
new_context() { curl -sf "$1/v1/contexts" -H "$json" -d '{"model_id":"m","mode":"chat"}' | jq -r .id; }
path=/v1/contexts/$(new_context "$serve")/state

of_wrk() { wrk -t1 -c"$clients" -d"${seconds}s" "$1" | awk '/^Requests\/sec/ { print $2 }'; }
of_oha() { oha --no-tui --output-format json -c "$clients" "$@"; }
median() { sort -g | awk '{ all[NR] = $1 } END { print all[int((NR + 1) / 2)] }'; }
figure() { median < "$serving_place/$1"; }
ratio() { awk -v a="$1" -v b="$2" 'BEGIN { printf "%.3f", a / b }'; }
of_driver() {
    "$lockyard" load --url "$serve" --scenario polling --set sessions=1 --set messages=0 --set "tasks=$clients" \
        --set read_percent=100 --set reads.get_context_state=100 --set reads.get_context=0 \
        --set reads.get_context_messages=0 --set reads.list_contexts=0 --duration "${seconds}s" --no-verify \
        --out "$serving_place/load" --format json "$@" 2>/dev/null
}

throughput() {
    with_oha
    [ -n "${BARE:-}" ] || cargo build --release --example bare
    start "${BARE:-target/release/examples/bare}" "$(curl -sf "$serve$path")" && bare=$url
    [ "$(curl -sf "$serve$path")" = "$(curl -sf "$bare$path")" ] || { echo "they do not answer the same" >&2; exit 1; }
    echo "== GET …/state, $clients connections, requests a second (medians of $rounds rounds that alternate)"
    for _ in $(seq "$rounds"); do
        of_wrk "$bare$path" >> "$serving_place/bare.wrk"
        of_wrk "$serve$path" >> "$serving_place/serve.wrk"
        of_oha -z "${seconds}s" "$bare$path" | jq .summary.requestsPerSec >> "$serving_place/bare.oha"
        of_oha -z "${seconds}s" "$serve$path" | jq .summary.requestsPerSec >> "$serving_place/serve.oha"
        of_driver | jq '.cells[0].throughput.ops_per_s' >> "$serving_place/driver"
    done
    printf '%-8s %12s %12s %8s\n' client 'bare axum' serve ratio
    for client in wrk oha; do
        printf '%-8s %12.0f %12.0f %8s   (wanted: at least 0.9)\n' "$client" "$(figure "bare.$client")" \
            "$(figure "serve.$client")" "$(ratio "$(figure "serve.$client")" "$(figure "bare.$client")")"
    done
    printf '%-8s %12s %12.0f %8s   of what oha offers (wanted: at least 1)\n' driver - "$(figure driver)" \
        "$(ratio "$(figure driver)" "$(figure serve.oha)")"
}

latency() {
    with_oha
    [ -s "$serving_place/serve.oha" ] ||
        of_oha -z "${seconds}s" "$serve$path" | jq .summary.requestsPerSec > "$serving_place/serve.oha"
    rate=$(awk -v all="$(figure serve.oha)" 'BEGIN { print int(all / 2) }')
    echo "== At $rate requests a second, half of that: p99 from the intended start, in ms, by round"
    for _ in $(seq "$rounds"); do
        of_oha -z "${seconds}s" -q "$rate" --latency-correction "$serve$path" | jq '.latencyPercentiles.p99 * 1000'
    done > "$serving_place/p99.oha"
    for _ in $(seq "$rounds"); do
        of_driver --set "rate=$rate" | jq '.cells[0].latency_ns.get_context_state.p99 / 1e6'
    done > "$serving_place/p99.driver"
    paste "$serving_place/p99.oha" "$serving_place/p99.driver" |
        awk 'BEGIN { print "oha\tdriver" } { printf "%.2f\t%.2f\n", $1, $2 }' | column -t
}

# The p99 of one live client, in microseconds.
p99_live() {
    wrk -t1 -c1 -d"${seconds}s" --latency "$serve$path" |
        awk '$1 == "99%" { p99 = $2 + 0; if ($2 ~ /ms$/) p99 *= 1e3; else if ($2 !~ /us$/) p99 *= 1e6; print p99 }'
}
connections() { curl -sf "$serve/metrics" | awk '$1 == "lockyard_http_connections" { print $2 }'; }

# Opens 10,000 connections that say nothing; leaves the process that holds them in `holder`.
hold_idle() {
    rm -f "$serving_place/open"
    python3 - "$serve" "$serving_place/open" <<'PYTHON' &
import socket, sys, time
from urllib.parse import urlsplit
server = urlsplit(sys.argv[1])
held = [socket.create_connection((server.hostname, server.port)) for _ in range(10_000)]
open(sys.argv[2], "w").write(f"{len(held)}\n")
time.sleep(50)  # less than the server lets connections idle
PYTHON
    holder=$! && serving_pids+=("$holder")
    until [ -s "$serving_place/open" ] && [ "$(connections)" -ge 10000 ]; do
        kill -0 "$holder" || { echo "the connections could not be opened; see ulimit -n" >&2; exit 1; }
        sleep 0.1
    done
}

idle() {
    echo "== 10,000 idle connections, medians of $rounds rounds that alternate"
    local before during holder
    before=$(proc_status "$serve_pid" VmRSS)
    for _ in $(seq "$rounds"); do
        p99_live >> "$serving_place/p99.alone"
        hold_idle
        p99_live >> "$serving_place/p99.idle"
        during=$(proc_status "$serve_pid" VmRSS)
        [ "$(connections)" -ge 10000 ] || { echo "they were not all open to the end" >&2; exit 1; }
        kill "$holder"
        until [ "$(connections)" -lt 100 ]; do sleep 0.1; done
    done
    awk -v before="$before" -v during="$during" 'BEGIN {
        printf "resident: %.0f MB without, %.0f MB with them, %.1f KiB for each (wanted: at most 130 MB)\n",
            before * 1024 / 1e6, during * 1024 / 1e6, (during - before) / 1e4 }'
    printf 'p99 of one live client, in µs: %s without, %s with them, ratio %s (wanted: at most 1.3)\n' \
        "$(figure p99.alone)" "$(figure p99.idle)" "$(ratio "$(figure p99.idle)" "$(figure p99.alone)")"
}

# What the clock of a process says: user and system time, in ticks. Its name, which may have spaces, is left out.
ticks() { sed 's/.*) //' "/proc/$1/stat" | awk '{ print $12 + $13 }'; }
# The CPU time of this process, in microseconds, for each request that wrk makes.
cpu_time() {
    local process=$1 before
    shift
    before=$(ticks "$process")
    wrk -t1 -c"$clients" -d"${seconds}s" "$@" > "$serving_place/wrk"
    if grep -E 'Non-2xx|Socket errors' "$serving_place/wrk" >&2; then exit 1; fi
    awk -v ticks="$(($(ticks "$process") - before))" -v hertz="$(getconf CLK_TCK)" \
        '/ requests in / { printf "%.3f\n", ticks * 1e6 / hertz / $1 }' "$serving_place/wrk"
}

track() {
    local change plain context plain_pid tracked tracked_context tracked_pid
    # Both are new.
    start "$lockyard" serve --listen 127.0.0.1:0 && plain=$url plain_pid=$pid
    start "$lockyard" serve --listen 127.0.0.1:0 --track && tracked=$url tracked_pid=$pid
    context=$plain/v1/contexts/$(new_context "$plain") tracked_context=$tracked/v1/contexts/$(new_context "$tracked")
    change=$serving_place/change.lua
    echo 'wrk.method, wrk.body = "PUT", [[{"mode":"plan"}]]' > "$change"
    echo 'wrk.headers["Content-Type"] = "application/json"' >> "$change"
    echo "== CPU time a request, in µs (medians of 5 rounds that alternate)"
    for _ in $(seq 5); do
        cpu_time "$plain_pid" "$context/state" >> "$serving_place/plain.read"
        cpu_time "$tracked_pid" "$tracked_context/state" >> "$serving_place/track.read"
        cpu_time "$plain_pid" -s "$change" "$context" >> "$serving_place/plain.write"
        cpu_time "$tracked_pid" -s "$change" "$tracked_context" >> "$serving_place/track.write"
    done
    printf '%-12s %10s %10s %8s\n' '' without --track ratio
    for kind in read write; do
        printf '%-12s %10.2f %10.2f %8s   (wanted: at most 1.10)\n' "$kind" "$(figure "plain.$kind")" \
            "$(figure "track.$kind")" "$(ratio "$(figure "track.$kind")" "$(figure "plain.$kind")")"
    done
    kill "$plain_pid" "$tracked_pid"
}

for part in "$@"; do
    case $part in throughput | latency | idle | track) ;; *) echo "no part is called $part" >&2; exit 2 ;; esac
done
for part in "$@"; do
    "$part"
    load_average
    echo
done
