#!/usr/bin/env bash
# lockyard-tokio in each of its modes, each by a build of its own: tests and lints. A mode that runs next to no test has none
# compiled in, and fails. Without features its types are tokio's, and so is its assembly.
# Needs: a Rust toolchain with clippy.
set -euo pipefail
cd "$(dirname "$0")/.."

for mode in none track explore track,explore; do
    features="full,test-util,$mode"
    features=${features%,none}
    log=$(mktemp)
    cargo test -p lockyard-tokio --features "$features" 2>&1 | tee "$log"
    ran=$(awk '/^test result: ok/ { sum += $4 } END { print sum + 0 }' "$log")
    rm "$log"
    if [ "$ran" -lt 100 ]; then
        echo "only $ran tests ran with $mode" >&2
        exit 1
    fi
    cargo clippy -p lockyard-tokio --all-targets --features "$features" -- -D warnings
    echo "$mode: $ran tests"
done
RUSTDOCFLAGS="-D warnings" cargo doc -p lockyard-tokio --no-deps --features full,track,explore
scripts/same-assembly.sh
