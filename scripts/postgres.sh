#!/usr/bin/env bash
# The guards of shared sessions over a real PostgreSQL: one statement after the other as the model answers them, and histories
# of two servers. Each test starts a server of its own, in a scratch folder. Installs PostgreSQL from the system's packages where
# it is missing; without them the tests say "skipped: no PostgreSQL".
set -euo pipefail
cd "$(dirname "$0")/.."
if ! command -v postgres >/dev/null && ! compgen -G '/usr/lib/postgresql/*/bin/postgres' >/dev/null; then
    if command -v apt-get >/dev/null; then
        apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq postgresql >/dev/null ||
            echo "PostgreSQL could not be installed" >&2
    fi
fi
cargo test --no-default-features --features postgres --test postgres -- --nocapture
cargo clippy --no-default-features --features postgres -- -D warnings
