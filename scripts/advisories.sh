#!/usr/bin/env bash
# Is there a security advisory against a dependency in Cargo.lock?
#
#   scripts/advisories.sh [ARGUMENT]...     more arguments for `cargo audit`, such as --deny warnings
#
# Needs the network: the RustSec advisory database is fetched from its own repository. An advisory may appear on any
# day and without any change here, so .ci/run does not call this; run it on a schedule (docs/ci/github.yml). Installs
# cargo-audit under target/tools if it is missing.
set -euo pipefail
cd "$(dirname "$0")/.."

tools=$PWD/target/tools
export PATH="$tools/bin:$PATH"
if ! cargo audit --version >/dev/null 2>&1; then
    cargo install --locked --root "$tools" cargo-audit
fi
locks=(Cargo.lock)
for package in track-rivals tokio-pitfalls real-code real-code/sources; do
    [ ! -f "$package/Cargo.lock" ] || locks+=("$package/Cargo.lock")
done
for lock in "${locks[@]}"; do
    echo "== $lock"
    cargo audit --file "$lock" "$@"
done
