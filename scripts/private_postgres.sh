#!/usr/bin/env bash
# For other scripts to source: a PostgreSQL of their own, in a scratch folder, on loopback, ended when they are.
set -euo pipefail

# Where the programs of PostgreSQL are; installs the system's package where they are missing and can be.
postgres_programs() {
    local folder
    for folder in $(compgen -G '/usr/lib/postgresql/*/bin' | sort -rV) $(tr ':' '\n' <<<"$PATH"); do
        if [ -x "$folder/postgres" ] && [ -x "$folder/initdb" ] && [ -x "$folder/pg_ctl" ]; then
            echo "$folder"
            return
        fi
    done
    return 1
}

install_postgres() {
    postgres_programs >/dev/null && return
    if command -v apt-get >/dev/null; then
        { apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq postgresql; } >/dev/null 2>&1 || true
    fi
    postgres_programs >/dev/null
}

# PostgreSQL refuses to run as root: then all of it belongs to another user. `postgres_environment` is what it is started with.
postgres_environment=()
as_postgres() {
    set -- env "${postgres_environment[@]}" "$@"
    if [ "$(id -u)" = 0 ]; then (cd "$postgres_place" && runuser -u nobody -- "$@"); else "$@"; fi
}

# Makes a database in this folder and starts it; leaves its URL in `postgres_url`.
start_postgres() {
    postgres_place=$1
    postgres_bin=$(postgres_programs)
    chmod 777 "$postgres_place"
    as_postgres "$postgres_bin/initdb" -D "$postgres_place/data" -U postgres -A trust -E UTF8 >/dev/null
    local attempt
    for attempt in $(seq 20); do
        # A port that is free now may be taken when it is listened on: then another.
        postgres_port=$((RANDOM % 20000 + 30000))
        if resume_postgres; then
            postgres_url=postgres://postgres@127.0.0.1:$postgres_port/postgres
            return
        fi
    done
    cat "$postgres_place/log" >&2
    return 1
}

# Starts it again where it was.
resume_postgres() {
    local options="-c listen_addresses=127.0.0.1 -c port=$postgres_port -c unix_socket_directories=$postgres_place"
    as_postgres "$postgres_bin/pg_ctl" -D "$postgres_place/data" -o "$options ${postgres_options:-}" \
        -l "$postgres_place/log" -w start >/dev/null 2>&1
}

# Ends it; with `immediate` as if its machine had lost power.
end_postgres() {
    as_postgres "$postgres_bin/pg_ctl" -D "$postgres_place/data" -m "${1:-fast}" -w stop >/dev/null 2>&1 || true
}
