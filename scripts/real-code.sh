#!/usr/bin/env bash
# Recompiles published crates over the drop-in for tokio, and runs their tests and ours in each of its modes.
#
#   scripts/real-code.sh                            everything, with a table at the end
#   scripts/real-code.sh --copy                     makes the copies only, so that `cargo` works in real-code/
#   scripts/real-code.sh --replay TEST SCHEDULE     runs one schedule of one of our tests, as a failure prints it
#
# The sources are those in Cargo's own cache, at the versions of `real-code/sources/Cargo.toml`. They are copied to
# target/real-code/, and of each manifest changes what names tokio. Nothing of them is kept in this repository.
# What each mode came to, test by test, is left in target/real-code/logs/.
set -euo pipefail
cd "$(dirname "$0")/.."
root=$PWD
copies=$root/target/real-code
logs=$copies/logs
# The failures that tests expect need no backtraces, and those that they do not expect are drawn.
export RUST_BACKTRACE=0
export CARGO_TARGET_DIR=${CARGO_TARGET_DIR:-$root/target/real-code/build}

# Dev-dependencies that are left out, each with what it costs. Nothing else of their tests is skipped.
#
# package   dev-dependency         why, and which of their tests do not run
left_out="
deadpool    async-std              discontinued; tests/*_timeout.rs under feature rt_async-std_1, which is off
deadpool    smol-macros            another runtime; tests/*_timeout.rs under feature rt_smol_2, which is off
deadpool    macro_rules_attribute  the same tests need it
deadpool    config                 reads settings; tests/managed_config.rs under feature serde, which is off
deadpool    criterion              benchmarks, which are left out
"

refuse() {
    printf 'real-code.sh: %s\n' "$*" >&2
    exit 2
}

# A manifest as Cargo publishes it, over the drop-in: tokio's tables name it, in place of a version. Without benchmarks and
# the dev-dependencies named in $2, and as a member of our workspace.
over_the_drop_in() {
    awk -v drop_in="$root/crates/lockyard-tokio" -v workspace="$root/real-code" -v without=" $2 " '
        /^\[/ {
            table = $0
            gsub(/[][]/, "", table)
            name = table
            sub(/^.*dependencies\./, "", name)
            of_tokio = table ~ /dependencies\.tokio(_1)?$/
            is_left_out = table == "bench" || (table ~ /^dev-dependencies\./ && index(without, " " name " "))
            if (!is_left_out) print
            if (of_tokio) printf "package = \"lockyard-tokio\"\npath = \"%s\"\n", drop_in
            if (table == "package") printf "workspace = \"%s\"\n", workspace
            next
        }
        is_left_out { next }
        of_tokio && /^(version|package) = / { next }
        { print }
    ' "$1"
}

copy() {
    local sources=$root/real-code/sources/Cargo.toml metadata package manifest without
    cargo fetch --quiet --locked --manifest-path "$sources"
    metadata=$(cargo metadata --format-version 1 --locked --offline --manifest-path "$sources" | tr ',' '\n')
    for package in bb8 deadpool deadpool-runtime tokio-util; do
        manifest=$(sed -n "s|.*\"manifest_path\":\"\(.*/$package-[0-9][^/]*/Cargo.toml\)\".*|\1|p" <<<"$metadata")
        [ -f "$manifest" ] || refuse "the sources of $package are not in Cargo's cache"
        without=$(awk -v package="$package" '$1 == package { printf "%s ", $2 }' <<<"$left_out")
        over_the_drop_in "$manifest" "$without" >"$copies/$package.toml"
        grep -q 'package = "lockyard-tokio"' "$copies/$package.toml" || refuse "$package names no tokio"
        # What has not changed is not touched, or it would be compiled anew.
        if ! cmp -s "$copies/$package.toml" "$copies/$package/Cargo.toml"; then
            rm -rf "${copies:?}/$package"
            cp -r "$(dirname "$manifest")" "$copies/$package"
            cp "$copies/$package.toml" "$copies/$package/Cargo.toml"
        fi
        rm "$copies/$package.toml"
    done
}

rows=()
failed=0

# Runs tests and adds a row to the table: package, mode, what cargo is told.
run() {
    local package=$1 mode=$2 log begin came=ok tests schedules findings
    shift 2
    log=$logs/${package//, /-}-$mode.log
    printf '== %s, %s\n' "$package" "$mode"
    begin=$SECONDS
    (cd real-code && cargo test --locked --no-fail-fast "$@") >"$log" 2>&1 || came=FAILED
    tests=$(sed -n 's/^test result: [^.]*\. \([0-9]*\) passed.*/\1/p' "$log" | awk '{ n += $1 } END { print n + 0 }')
    schedules=$(awk -F '\t' '$1 == "REAL-CODE" { n += $3 } END { print n ? n : "-" }' "$log")
    findings=$(awk -F '\t' '$1 == "REAL-CODE" { n += $4; some = 1 } END { print some ? n + 0 : "-" }' "$log")
    if [ "$tests" = 0 ] && [ $came = ok ]; then
        came="NO TEST RAN"
    fi
    if [ "$came" != ok ]; then
        failed=1
        grep -E '^(error|failures:|test .*FAILED|    [a-z_:]+$)|panicked at' "$log" | head -n 20 || true
        printf '   all of it: %s\n' "$log"
    fi
    rows+=("$(printf '%s\t%s\t%s\t%s\t%s\t%s\t%s' \
        "$package" "$mode" "$tests" "$schedules" "$findings" "$((SECONDS - begin))" "$came")")
}

mkdir -p "$copies" "$logs"
copy
case ${1:-} in
    "") ;;
    --copy) exit ;;
    --replay)
        [ $# = 3 ] || refuse "--replay needs a test and a schedule"
        cd real-code
        output=$(mktemp)
        trap 'rm -f "$output"' EXIT
        code=0
        LOCKYARD_REPLAY=$3 cargo test --quiet --locked --features explore -- --exact "$2" --nocapture 2>&1 |
            tee "$output" || code=1
        grep -qE "^test result: .* [1-9][0-9]* (passed|failed)|; [1-9][0-9]* failed" "$output" ||
            refuse "there is no test '$2'"
        exit $code
        ;;
    *) refuse "unknown option '$1'; there are: --copy, --replay" ;;
esac

# Of theirs: tests of the library and in tests/, which run as tokio's and tracked. Explored runs need a test of their own.
for mode in plain track; do
    on=$([ $mode = plain ] || echo ",tokio/$mode")
    run bb8 $mode -p bb8 --tests --features "parking_lot$on"
    run deadpool $mode -p deadpool --tests --features "rt_tokio_1$on"
    run deadpool-runtime $mode -p deadpool-runtime --tests --features "tokio_1${on/tokio/tokio_1}"
    # Their tests pause the clock, for which tokio-test switches a feature of tokio on, and not of the drop-in.
    run tokio-util $mode -p tokio-util --tests --features "full,tokio/test-util$on"
done
# And ours, which say what an explored run must come to. What waits on something else than tokio is "foreign".
for mode in plain track explore; do
    on=$([ $mode = plain ] || echo "--features $mode")
    ours() {
        # shellcheck disable=SC2086 # no words, or two
        run "$1, ours" $mode -p real-code $on "${@:2}" -- --nocapture
    }
    ours bb8 --test bb8
    ours deadpool --test deadpool --test unmanaged
    ours tokio-util --test tokio_util
    ours foreign --test foreign
done
ours findings --test findings

printf '\nLeft out of their tests:\n%s\n' "${left_out#?}"
{
    printf 'package\tmode\ttests\tschedules\tfindings\tseconds\tcame to\n'
    printf '%s\n' "${rows[@]}"
} | awk -F '\t' '{ printf "%-19s%-9s%6s%11s%10s%9s  %s\n", $1, $2, $3, $4, $5, $6, $7 }'
exit $failed
