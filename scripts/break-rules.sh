#!/usr/bin/env bash
# Breaks the rules of docs/LOCKING.md one at a time, in a scratch copy of what is committed, runs the checks that watch
# over them, and prints for each rule what turned red. A rule that nothing turns red for is one that no check watches.
#
#   scripts/break-rules.sh [--quick] [RULE]...     the rules are the patches in scripts/broken-rules; all, if none is named
#
# --quick leaves out loom and shuttle.
#
# exit codes: 0 every rule has turned something red, 1 one has not, or the checks are red without any, 2 bad usage
set -euo pipefail
cd "$(dirname "$0")/.."
root=$PWD
checks="compiler by_hand explorer loom shuttle"
if [ "${1:-}" = --quick ]; then
    checks="compiler by_hand explorer"
    shift
fi
known=$(basename -s .patch -a scripts/broken-rules/*.patch)
for rule in "$@"; do
    grep -qx -- "$rule" <<<"$known" || { echo "break-rules.sh: no rule '$rule'; there are:" $known >&2; exit 2; }
done
[ $# -gt 0 ] || set -- $known

scratch=$(mktemp -d)
clean() {
    git worktree remove --force "$scratch/copy" 2>/dev/null || true
    rm -rf "$scratch"
}
trap clean EXIT
git worktree add --quiet --detach "$scratch/copy" HEAD
cd "$scratch/copy"
export RUST_BACKTRACE=0 LOCKYARD_ITERATIONS="${LOCKYARD_ITERATIONS:-300}"

# Beside what was built already, so that only this project is built anew.
compiler() { cargo check --no-default-features --target-dir "$root/target"; }
by_hand() { cargo test --no-default-features --no-fail-fast --target-dir "$root/target" --test seam_hand_polled; }
explorer() { cargo test --no-default-features --no-fail-fast --target-dir "$root/target" --test checks suite_models::; }
loom() {
    RUSTFLAGS="--cfg lockyard_loom" cargo test --no-fail-fast --release --target-dir "$root/target/loom" -p loom-tests
}
shuttle() {
    cargo test --no-fail-fast --release --target-dir "$root/target/shuttle" -p shuttle-tests --features models
}

# What turns red: each check with the tests that fail, or the first complaint of the compiler.
red() {
    local check log failing
    for check in $checks; do
        log=$scratch/$check.log
        if timeout 1200 bash -c "root='$root'; $(declare -f "$check"); $check" >"$log" 2>&1; then
            continue
        fi
        failing=$(sed -nE 's/^test ([a-z_:0-9]+) \.\.\. FAILED.*/\1/p' "$log" | sort -u | paste -sd, | sed 's/,/, /g')
        [ -n "$failing" ] || failing=$(grep -m1 '^error' "$log" || echo "did not end in time")
        printf '%s: %s\n' "$check" "$failing"
        # What does not compile cannot be run.
        [ "$check" != compiler ] || return 0
    done
}

outcome=0
failed=$(red)
if [ -n "$failed" ]; then
    printf 'red without any rule broken:\n%s\n' "$failed" >&2
    exit 1
fi
printf 'With no rule broken all are green: %s.\n' "${checks// /, }"
for rule in "$@"; do
    git checkout --quiet -- .
    if ! git apply "$root/scripts/broken-rules/$rule.patch"; then
        echo "$rule: the source has changed, and this patch must follow it" >&2
        exit 1
    fi
    failed=$(red)
    printf '\n%s\n' "$rule"
    if [ -n "$failed" ]; then
        sed 's/^/  /' <<<"$failed"
    else
        echo "  NOTHING turned red"
        outcome=1
    fi
done
exit "$outcome"
