#!/usr/bin/env bash
# Sessions that several servers share, over a real PostgreSQL: one statement after the other as the model answers them, histories
# of two servers, and servers asked over HTTP. Each test starts a database of its own, in a scratch folder. Installs PostgreSQL
# from the system's packages where it is missing; without them the tests say "skipped: no PostgreSQL", and this how many did.
set -euo pipefail
cd "$(dirname "$0")/.."
source scripts/private_postgres.sh
install_postgres || echo "PostgreSQL could not be installed" >&2
said=$(mktemp)
trap 'rm -f "$said"' EXIT
cargo test --workspace --features lockyard/postgres --test postgres --test cluster -- --nocapture | tee "$said"
skipped=$(grep -c '^skipped: no PostgreSQL' "$said" || true)
[ "$skipped" = 0 ] || echo "$skipped tests were skipped: no PostgreSQL"
