#!/usr/bin/env bash
# Records the benchmarks' figures under a name, and compares later ones with them: see usage.
set -euo pipefail
cd "$(dirname "$0")/.."

usage() {
    cat <<'EOF'
usage: scripts/bench.sh record NAME  [--suite SUITE]... [--quick] [FILTER]
       scripts/bench.sh compare NAME [--suite SUITE]... [--quick] [FILTER]
       scripts/bench.sh list

  record NAME    runs the benchmarks and keeps their figures as the baseline NAME, in the place of one that is there
  compare NAME   runs the benchmarks, reports for each the difference from the baseline NAME, and counts them
  list           names the baselines that are there, with how many benchmarks each has

  --suite SUITE  only this suite (benches/SUITE.rs); may be given several times
  --quick        takes far fewer samples, which is faster; only large changes are significant then
  FILTER         only the benchmarks whose name matches this regular expression

Baseline and comparison should be made with the same options, on the same machine, with nothing else running. Even so
they are minutes or days apart: a change of a few percent in either direction may be the machine's. A regression thus
does not fail the command. `lockyard compare` lets strategies take turns instead, and judges them.

exit codes: 0 done, 1 a benchmark failed or did not build, 2 bad usage or no such baseline
EOF
}

refuse() {
    printf 'bench.sh: %s\n' "$*" >&2
    exit 2
}

# Where criterion keeps its figures: <group>/<function>/[<parameter>/]<baseline>/estimates.json
figures() {
    printf '%s' "${CRITERION_HOME:-${CARGO_TARGET_DIR:-target}/criterion}"
}

# The baselines that are there, each with its number of benchmarks. `new`, `base` and `change` are criterion's own.
baselines() {
    [ -d "$(figures)" ] || return 0
    find "$(figures)" -name estimates.json | awk -F/ '{ print $(NF - 1) }' | sort | uniq -c |
        awk '$2 !~ /^(new|base|change)$/ { printf "%s (%d benchmarks)\n", $2, $1 }'
}

suites() {
    find benches -maxdepth 1 -name '*.rs' -exec basename {} .rs \; | sort
}

verb=${1:-}
case $verb in
    -h | --help | help) usage && exit 0 ;;
    list) [ $# -eq 1 ] || refuse "list takes nothing else" && baselines && exit 0 ;;
    record | compare) shift ;;
    '') usage >&2 && exit 2 ;;
    *) refuse "unknown verb '$verb'; there are: record, compare, list (see --help)" ;;
esac

name=${1:-}
case $name in
    '' | -*) refuse "$verb needs the name of a baseline, such as: scripts/bench.sh $verb main" ;;
    *[!A-Za-z0-9._-]* | .*) refuse "'$name' is no name for a baseline: letters, digits, '.', '_' and '-' are" ;;
    new | base | change | report) refuse "'$name' is a name that criterion needs for itself; take another" ;;
esac
shift

cargo=(cargo bench)
criterion=()
case $verb in
    record) criterion=(--save-baseline "$name") ;;
    # Lenient: the strict kind stops in the middle at the first benchmark that the baseline does not have.
    compare) criterion=(--baseline-lenient "$name") ;;
esac
filter=
while [ $# -gt 0 ]; do
    case $1 in
        --suite)
            [ -f "benches/${2:-}.rs" ] || refuse "unknown suite '${2:-}'; there are: $(suites | xargs)"
            cargo+=(--bench "$2")
            shift
            ;;
        --quick) criterion+=(--quick) ;;
        -*) refuse "unknown option '$1'; there are: --suite, --quick (see --help)" ;;
        *)
            [ -z "$filter" ] || refuse "one filter is enough, and '$1' is a second one"
            filter=$1
            criterion+=("$filter")
            ;;
    esac
    shift
done

if [ "$verb" = record ]; then
    "${cargo[@]}" -- "${criterion[@]}" || exit 1
    printf '\nRecorded. To compare with it: scripts/bench.sh compare %s\n' "$name"
    exit
fi

there=$(baselines)
if ! grep -q "^${name//./\\.} (" <<<"$there"; then
    there=$(paste -sd, - <<<"$there" | sed 's/,/, /g')
    refuse "no baseline '$name'; there are: ${there:-none yet: scripts/bench.sh record $name}"
fi
output=$(mktemp)
trap 'rm -f "$output"' EXIT
"${cargo[@]}" -- "${criterion[@]}" | tee "$output" || exit 1
count() { grep -cE "$1" "$output" || true; }
printf '\nAgainst %s: %d faster, %d slower, %d inconclusive, %d not in the baseline.\n' "$name" \
    "$(count 'Performance has improved')" "$(count 'Performance has regressed')" \
    "$(count 'No change in performance|Change within noise')" \
    $(($(count 'time: ') - $(count 'change: ')))
