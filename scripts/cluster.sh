#!/usr/bin/env bash
# Servers that share their sessions: a private PostgreSQL, in a scratch folder, on loopback, and N servers over it.
#
#   scripts/cluster.sh [N] [GUARD] [OPTION...]     2 and lease by default; options are those of `lockyard serve`
#
# Prints a line with each server's URL on stdout, serves until it is ended (Ctrl-C), and ends all it began; nothing of it is
# kept. Installs PostgreSQL from the system's packages where it is missing. LOCKYARD names a program that is built already, with
# the feature `postgres`.
set -euo pipefail
cd "$(dirname "$0")/.."
source scripts/serving.sh
source scripts/private_postgres.sh
servers=${1:-2} guard=${2:-lease}
shift $(($# < 2 ? $# : 2))
install_postgres || { echo "PostgreSQL is missing, and could not be installed" >&2; exit 1; }
lockyard=${LOCKYARD:-}
[ -n "$lockyard" ] || { cargo build --release --features postgres && lockyard=target/release/lockyard; }

end_all() {
    # The servers first: they give up their leases.
    for pid in "${serving_pids[@]}"; do kill "$pid" 2>/dev/null || true; done
    for pid in "${serving_pids[@]}"; do wait "$pid" 2>/dev/null || true; done
    serving_pids=()
    [ -z "${postgres_bin:-}" ] || end_postgres
    rm -rf "$serving_place"
}
trap end_all EXIT
trap 'exit 130' INT
trap 'exit 143' TERM

start_postgres "$serving_place"
echo "PostgreSQL: $postgres_url" >&2
for _ in $(seq "$servers"); do
    start "$lockyard" serve --listen 127.0.0.1:0 --store "$postgres_url" --guard "$guard" "$@"
    echo "$url"
done
echo "$servers servers under $guard; Ctrl-C ends them and the database." >&2
# Until one of them ends, which none should.
wait -n || true
echo "a server has ended:" >&2
tail -n 3 "$serving_place"/*.err >&2
exit 1
