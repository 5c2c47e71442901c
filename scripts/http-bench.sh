#!/usr/bin/env bash
# The server under clients of other authors: wrk and oha against `serve` and against the least that axum can do, the
# driver beside them, and ten thousand connections that idle. Prints each figure with what is wanted of it.
#
#   scripts/http-bench.sh [SECONDS]     how long each measurement takes: 10 by default
#
# Server and clients share this machine, so let it do nothing else. Installs wrk from the system's packages and oha by cargo
# where they are missing. Needs jq, curl and Python 3.
set -euo pipefail
cd "$(dirname "$0")/.."
source scripts/serving.sh
for tool in jq curl python3; do needs "$tool" "install it"; done
command -v wrk >/dev/null || {
    needs apt-get "install wrk"
    apt-get update -qq && apt-get install -y -qq wrk >/dev/null
}
export PATH="$PWD/target/tools/bin:$PATH"
command -v oha >/dev/null || cargo install --quiet --locked --root target/tools oha

seconds=${1:-10}
clients=64
rounds=3
build
[ -n "${BARE:-}" ] || cargo build --release --example bare

start "$lockyard" serve --listen 127.0.0.1:0 && serve=$url serve_pid=$pid
json='Content-Type: application/json'
id=$(curl -sf "$serve/v1/contexts" -H "$json" -d '{"model_id":"m","mode":"chat"}' | jq -r .id)
path=/v1/contexts/$id/state
start "${BARE:-target/release/examples/bare}" "$(curl -sf "$serve$path")" && bare=$url
[ "$(curl -sf "$serve$path")" = "$(curl -sf "$bare$path")" ] || { echo "they do not answer the same" >&2; exit 1; }

of_wrk() { wrk -t1 -c"$clients" -d"${seconds}s" "$1" | awk '/^Requests\/sec/ { print $2 }'; }
of_oha() { oha --no-tui --output-format json -c "$clients" -z "${seconds}s" "$@"; }
median() { sort -g | awk '{ all[NR] = $1 } END { print all[int((NR + 1) / 2)] }'; }
of_driver() {
    "$lockyard" load --url "$serve" --scenario polling --set sessions=1 --set messages=0 --set "tasks=$clients" \
        --set read_percent=100 --set reads.get_context_state=100 --set reads.get_context=0 \
        --set reads.get_context_messages=0 --set reads.list_contexts=0 --duration "${seconds}s" --no-verify \
        --out "$serving_place/load" --format json "$@" 2>/dev/null
}

echo "== GET …/state, $clients connections, requests a second (medians of $rounds rounds that alternate)"
for round in $(seq "$rounds"); do
    of_wrk "$bare$path" >> "$serving_place/bare.wrk"
    of_wrk "$serve$path" >> "$serving_place/serve.wrk"
    of_oha "$bare$path" | jq .summary.requestsPerSec >> "$serving_place/bare.oha"
    of_oha "$serve$path" | jq .summary.requestsPerSec >> "$serving_place/serve.oha"
    of_driver | jq '.cells[0].throughput.ops_per_s' >> "$serving_place/driver"
done
figure() { median < "$serving_place/$1"; }
ratio() { awk -v a="$1" -v b="$2" 'BEGIN { printf "%.3f", a / b }'; }
printf '%-8s %12s %12s %8s\n' client 'bare axum' serve ratio
for client in wrk oha; do
    printf '%-8s %12.0f %12.0f %8s   (wanted: at least 0.9)\n' "$client" "$(figure "bare.$client")" \
        "$(figure "serve.$client")" "$(ratio "$(figure "serve.$client")" "$(figure "bare.$client")")"
done
printf '%-8s %12s %12.0f %8s   of what oha offers (wanted: at least 1)\n' driver - "$(figure driver)" \
    "$(ratio "$(figure driver)" "$(figure serve.oha)")"

echo
rate=$(awk -v all="$(figure serve.oha)" 'BEGIN { print int(all / 2) }')
echo "== At $rate requests a second, half of that: p99 from the intended start, in ms, by round"
for round in $(seq "$rounds"); do
    of_oha -q "$rate" --latency-correction "$serve$path" | jq '.latencyPercentiles.p99 * 1000'
done > "$serving_place/p99.oha"
for round in $(seq "$rounds"); do
    of_driver --set "rate=$rate" | jq '.cells[0].latency_ns.get_context_state.p99 / 1e6'
done > "$serving_place/p99.driver"
paste "$serving_place/p99.oha" "$serving_place/p99.driver" |
    awk 'BEGIN { print "oha\tdriver" } { printf "%.2f\t%.2f\n", $1, $2 }' | column -t

echo
echo "== 10,000 idle connections"
p99_alone() { wrk -t1 -c1 -d"${seconds}s" --latency "$serve$path" | awk '$1 == "99%" { print $2 }'; }
before=$(proc_status "$serve_pid" VmRSS) p99_before=$(p99_alone)
python3 - "$serve" "$serving_place/open" <<'PYTHON' &
import socket, sys, time
from urllib.parse import urlsplit
server = urlsplit(sys.argv[1])
held = [socket.create_connection((server.hostname, server.port)) for _ in range(10_000)]
open(sys.argv[2], "w").write(f"{len(held)}\n")
time.sleep(50)  # less than the server lets connections idle
PYTHON
idle=$! && serving_pids+=("$idle")
until [ -s "$serving_place/open" ]; do
    kill -0 "$idle" || { echo "the connections could not be opened; see ulimit -n" >&2; exit 1; }
    sleep 0.1
done
until [ "$(curl -sf "$serve/metrics" | awk '$1 == "lockyard_http_connections" { print ($2 >= 10000) }')" = 1 ]; do
    sleep 0.1
done
p99_during=$(p99_alone)
during=$(proc_status "$serve_pid" VmRSS)
echo "resident: $((before / 1024)) MiB without, $((during / 1024)) MiB with them (wanted: at most 200 MB)"
echo "p99 of one live client: $p99_before without, $p99_during with them (wanted: within twice)"
