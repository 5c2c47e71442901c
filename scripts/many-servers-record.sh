#!/usr/bin/env bash
# The four guards of shared sessions beside each other: two servers under each, over one PostgreSQL with a database for each, asked
# in rounds that alternate. One record for every share of reads and route, and the tables of docs/MANY_SERVERS.md from them.
#
#   scripts/many-servers-record.sh [NAME]             NAME is today's date and -many-servers by default; ten minutes
#   scripts/many-servers-record.sh --table NAME       the tables alone, from records that are there
#
# Servers, database and clients share this machine, so let it do nothing else. DURATION is the measured time of each subject in
# each scenario (8s). Installs PostgreSQL from the system's packages where it is missing; LOCKYARD names a program that is built
# already, with the feature `postgres`. Needs jq.
set -euo pipefail
cd "$(dirname "$0")/.."
source scripts/serving.sh
source scripts/private_postgres.sh
needs jq "install it"
guards=(row-lock advisory-lock compare-and-set lease)
combinations=({zipf,hot}-{95,50}-{any,sticky})
document=docs/MANY_SERVERS.md

# Seconds of processor time that the processes with these ids have taken.
cpu_of() {
    local pid total=0 ticks
    for pid in "$@"; do
        ticks=$(awk '{ print $14 + $15 + $16 + $17 }' "/proc/$pid/stat" 2>/dev/null || echo 0)
        total=$((total + ticks))
    done
    echo $((total / $(getconf CLK_TCK)))
}

measure() {
    local out=reports/$1 reads route guard database
    [ ! -e "$out" ] || { echo "$out is there already: give another name" >&2; exit 2; }
    install_postgres || { echo "PostgreSQL is missing, and could not be installed" >&2; exit 1; }
    lockyard=${LOCKYARD:-}
    [ -n "$lockyard" ] || { cargo build --release --features postgres && lockyard=target/release/lockyard; }
    # Eight servers have more connections than there may be by default.
    postgres_options="-c max_connections=200"
    start_postgres "$serving_place"
    trap 'end_serving; end_postgres immediate' EXIT
    local groups=() pids=()
    for guard in "${guards[@]}"; do
        database=${postgres_url%/*}/${guard//-/_}
        PATH="$postgres_bin:$PATH" psql -q "$postgres_url" -c "CREATE DATABASE ${guard//-/_}"
        start "$lockyard" serve --listen 127.0.0.1:0 --store "$database" --guard "$guard" && one=$url && pids+=("$pid")
        start "$lockyard" serve --listen 127.0.0.1:0 --store "$database" --guard "$guard" && two=$url && pids+=("$pid")
        groups+=(--url "$guard=$one,$two")
        [ "$guard" != lease ] || alone=(--url "lease-alone=$one" --url "lease=$one,$two")
        [ "$guard" != compare-and-set ] || alone_cas=(--url "compare-and-set-alone=$one" --url "compare-and-set=$one,$two")
    done
    # The server alone, started before the others' machines were busy, is one of its group: asked alone, it has all leases.
    local postmaster
    postmaster=$(head -n 1 "$serving_place/data/postmaster.pid")
    run() { # NAME, then what is compared
        local name=$1 before=$SECONDS server database
        shift
        server=$(cpu_of "${pids[@]}")
        database=$(cpu_of "$postmaster" $(pgrep -P "$postmaster"))
        "$lockyard" compare "$@" --scenario polling --duration "${DURATION:-8s}" --set messages=10 \
            --out "$out/$name" --format json >/dev/null ||
            echo "$name: not every operation was served; the record says which" >&2
        mv "$out/$name/run.json" "$out/$name.json"
        mv "$out/$name/summary.md" "$out/$name.md"
        rm -rf "${out:?}/$name"
        server=$(($(cpu_of "${pids[@]}") - server))
        database=$(($(cpu_of "$postmaster" $(pgrep -P "$postmaster")) - database))
        echo "$name: of $((SECONDS - before)) s, servers $server s of processor time, PostgreSQL $database s, the rest clients" |
            tee -a "$out/processor-time.txt"
    }
    for reads in 95 50; do
        for route in any sticky; do
            run "zipf-$reads-$route" "${groups[@]}" --route "$route" --set "read_percent=$reads" --set sessions=100
            # All clients ask for one session.
            run "hot-$reads-$route" "${groups[@]}" --route "$route" --set "read_percent=$reads" --set sessions=1
        done
    done
    run lease-one-or-two "${alone[@]}" --set read_percent=95 --set sessions=100
    run compare-and-set-one-or-two "${alone_cas[@]}" --set read_percent=95 --set sessions=100
}

# A row for every record, with what this filter of jq says of each guard's cell.
table() { # FOLDER FILTER
    local name
    echo
    echo "| sessions, reads, route | row-lock | advisory-lock | compare-and-set | lease |"
    echo "| --- | --- | --- | --- | --- |"
    for name in "${combinations[@]}"; do
        jq -r --arg name "${name//-/, }" '
            def whole: . + 0.5 | floor;
            def millis: if . == null then "—" else (. / 1e5 | whole) / 10 end;
            .cells as $cells | "| \($name) | " + ([("row-lock", "advisory-lock", "compare-and-set", "lease") as $guard
                | first($cells[] | select(.strategy == $guard)) // null
                | if . == null then "—" else '"$2"' end] | join(" | ")) + " |"' "$1/$name.json"
    done
    echo
}

# Throughput and p99 of every guard, from the records.
tables() {
    local folder=reports/$1 name
    jq -r '"Measured \(.started_at[0:10]) on \(.environment.cpu_model), \(.environment.cores) cores, \(.environment.os), commit \(.environment.commit): two servers under each guard, PostgreSQL and the clients on one machine. Operations a second, with their intervals; records in `'"$folder"'`."' "$folder/zipf-95-any.json"
    table "$folder" '"\(.throughput.ops_per_s | whole) [\(.throughput.ci[0] | whole), \(.throughput.ci[1] | whole)]"'
    echo "p99 of a state read and of an append, in milliseconds:"
    table "$folder" '"\(.latency_ns.get_context_state.p99 | millis), \(.latency_ns.add_context_message.p99 | millis)"'
    echo "Two servers as a multiple of one of them, 95 % reads, route any: "
    echo
    for name in lease compare-and-set; do
        jq -r --arg guard "$name" '.comparisons[] | select(.metric == "throughput")
            | "- `\($guard)`, \(.scenario): ×\(.ratio * 100 | round / 100) [\(.ci[0] * 100 | round / 100), \(.ci[1] * 100 | round / 100)] (\(.candidate) against \(.baseline))"' \
            "$folder/$name-one-or-two.json"
    done
    echo
    echo "Which processor was full: both. Of the processor time of a run,"
    echo
    sed 's/^/- /' "$folder/processor-time.txt"
}

write_tables() {
    local made
    made=$(mktemp)
    tables "$1" >"$made"
    awk -v made="$made" '
        /^<!-- record:/ { print; while ((getline line < made) > 0) print line; skip = 1; next }
        /^<!-- end of record -->/ { skip = 0 }
        !skip { print }' "$document" >"$made.document"
    mv "$made.document" "$document"
    rm -f "$made"
}

if [ "${1:-}" = --table ]; then
    write_tables "${2:?the name of a record}"
else
    name=${1:-$(date +%F)-many-servers}
    measure "$name"
    write_tables "$name"
fi
