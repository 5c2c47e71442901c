#!/usr/bin/env bash
# For other scripts to source: servers that are started on free ports, and ended when the script is.
set -euo pipefail

serving_place=$(mktemp -d)
serving_pids=()
end_serving() {
    for pid in "${serving_pids[@]}"; do kill "$pid" 2>/dev/null || true; done
    for pid in "${serving_pids[@]}"; do wait "$pid" 2>/dev/null || true; done
    serving_pids=()
    rm -rf "$serving_place"
}
trap end_serving EXIT

# Starts a program that prints its address, and waits for that. Leaves it in `url`, and the process in `pid`.
start() {
    local out="$serving_place/${#serving_pids[@]}"
    "$@" > "$out" 2> "$out.err" &
    pid=$!
    serving_pids+=("$pid")
    until [ -s "$out" ]; do
        kill -0 "$pid" 2>/dev/null || { cat "$out.err" >&2; return 1; }
        sleep 0.05
    done
    url=$(head -n 1 "$out")
}

# Builds the program as a user does, and leaves it in `lockyard`; LOCKYARD names one that is built already.
build() {
    lockyard=${LOCKYARD:-}
    [ -n "$lockyard" ] || { cargo build --release --bin lockyard && lockyard=target/release/lockyard; }
}

needs() {
    command -v "$1" >/dev/null || { echo "no $1: $2" >&2; exit 1; }
}

# A figure of a process from /proc, such as VmRSS in KiB.
proc_status() { awk -v name="$2:" '$1 == name { print $2 }' "/proc/$1/status"; }
open_files() { find "/proc/$1/fd" -mindepth 1 -maxdepth 1 2>/dev/null | wc -l; }

# Installs the system's package that has this command, where it is missing and can be.
installed() {
    command -v "$1" >/dev/null && return
    needs apt-get "install $2"
    { apt-get update -qq && apt-get install -y -qq "$2"; } >/dev/null 2>&1 || true
    needs "$1" "apt-get could not install $2"
}

# Finds oha, or builds it among what is built.
with_oha() {
    export PATH="$PWD/target/tools/bin:$PATH"
    command -v oha >/dev/null || cargo install --quiet --locked --root target/tools oha
}

# An environment of Python with these packages among what is built; `python` is left to name it.
python_with() {
    local place=target/trials
    python=$place/bin/python
    "$python" -c "import $(tr ' ' , <<<"$*")" 2>/dev/null && return
    needs python3 "install it"
    python3 -m venv "$place"
    "$python" -m pip install --quiet --disable-pip-version-check "$@"
}

# The fenced blocks of a document that are of this language and have this in them.
fenced() {
    awk -v fence="\`\`\`$2" -v wanted="$3" '
        $0 == fence { inside = 1; block = ""; next }
        inside && /^```$/ { inside = 0; if (index(block, wanted)) printf "%s", block; next }
        inside { block = block $0 "\n" }' "$1"
}

# A promise: a line with what it is, and whether the command says that it is kept. `end_of_trial` fails if one was not.
broken=0
promise() {
    local what=$1
    shift
    if "$@" >"$serving_place/promise" 2>&1; then
        echo "kept    $what"
    else
        echo "BROKEN  $what"
        head -c 2000 "$serving_place/promise" | sed 's/^/        /'
        broken=$((broken + 1))
    fi
}
end_of_trial() {
    [ "$broken" = 0 ] || { echo "$broken promises are broken" >&2; exit 1; }
}

# What else the machine does, for timings to be judged by.
load_average() { echo "(load average $(cut -d' ' -f1-3 /proc/loadavg), $(nproc) cores)"; }
