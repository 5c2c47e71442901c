#!/usr/bin/env bash
# Faults under load over three servers that share their sessions: servers killed, or stopped past their leases and continued, cut
# off from the database, connections ended by it, the database restarted and crashed, pools exhausted. What clients were answered
# is judged (scripts/cluster_faults.py).
#
#   scripts/cluster-faults.sh [FAULTS] [GUARD...]     28 under each guard by default: two minutes each
#
# With CLOCKS=1 the faults are steps of clocks instead, by an hour either way: of the database's, and of servers'. What is
# promised then stands in docs/MANY_SERVERS.md. Needs libfaketime, which it installs from the system's packages.
#
# Installs PostgreSQL from the system's packages where it is missing. LOCKYARD names a program that is built already, with the
# feature `postgres`; SEED another run. Needs Python 3.
set -euo pipefail
cd "$(dirname "$0")/.."
source scripts/serving.sh
source scripts/private_postgres.sh
needs python3 "install it"
faults=${1:-28}
shift || true
[ $# -gt 0 ] || set -- row-lock advisory-lock compare-and-set lease
install_postgres || { echo "PostgreSQL is missing, and could not be installed" >&2; exit 1; }
lockyard=${LOCKYARD:-}
[ -n "$lockyard" ] || { cargo build --release --features postgres && lockyard=target/release/lockyard; }

export CLOCKS=${CLOCKS:-}
if [ -n "$CLOCKS" ]; then
    faketime=$(compgen -G '/usr/lib/*/faketime/libfaketimeMT.so.1' || true)
    if [ -z "$faketime" ]; then
        { apt-get update -qq && apt-get install -y -qq faketime; } >/dev/null 2>&1 || true
        faketime=$(compgen -G '/usr/lib/*/faketime/libfaketimeMT.so.1') || { echo "libfaketime is missing" >&2; exit 1; }
    fi
    CLOCKS=$faketime
    echo +0 >"$serving_place/database.clock"
    chmod 755 "$serving_place"
    postgres_environment=(LD_PRELOAD="$faketime" FAKETIME_TIMESTAMP_FILE="$serving_place/database.clock" FAKETIME_NO_CACHE=1
        FAKETIME_DONT_FAKE_MONOTONIC=1)
fi
start_postgres "$serving_place"
trap 'end_postgres immediate; end_serving' EXIT
# What the trial does to the database.
cat >"$serving_place/control" <<CONTROL
#!/usr/bin/env bash
set -eu
source scripts/private_postgres.sh
postgres_place=$serving_place postgres_bin=$postgres_bin postgres_port=$postgres_port
postgres_environment=(${postgres_environment[*]:-})
case \$1 in
    restart) end_postgres fast && resume_postgres ;;
    crash) end_postgres immediate && resume_postgres ;;
    clock) echo "\$2" >$serving_place/database.clock ;;
    sql) PATH="$postgres_bin:\$PATH" psql -q "$postgres_url" -c "\$2" ;;
esac
CONTROL
chmod +x "$serving_place/control"
for guard in "$@"; do
    python3 scripts/cluster_faults.py "$lockyard" "$postgres_url" "$serving_place/control" "$guard" "$faults" \
        "${SEED:-1}" || broken=$((broken + 1))
done
end_of_trial
