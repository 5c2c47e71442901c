#!/usr/bin/env bash
# Measures every preset under four scenarios in five processes, keeps the record and its page under reports/NAME, and puts
# verdict and its first scenario into the README. Takes some ten minutes; let the machine do nothing else.
#
#   scripts/record-report.sh [NAME]             NAME is today's date by default
#   scripts/record-report.sh --readme NAME      the README alone, from a record that is there
set -euo pipefail
cd "$(dirname "$0")/.."

measure() {
    [ ! -e "reports/$1" ] || { echo "reports/$1 is there already: give another name" >&2; exit 2; }
    cargo build --release
    target/release/lockyard compare --scenario polling --scenario hot-context --scenario one-worker --scenario churn \
        --processes 5 --duration 2500ms --out "reports/$1"
}

# What stands between the two marks in the README becomes the verdict of this record, its first scenario, and how to
# measure it again.
splice() {
    local summary="reports/$1/summary.md"
    [ -f "$summary" ] || { echo "there is no $summary" >&2; exit 2; }
    results=$(mktemp)
    trap 'rm -f "$results"' EXIT
    {
        printf '\n[The page](reports/%s/index.html) and [the record](reports/%s/run.json) of this run.\n\n' "$1" "$1"
        awk '/^## / { shown += 1; skip = shown > 1 && !/To reproduce/ } !skip { sub(/^## /, "### "); print }' "$summary"
        printf '\n'
    } > "$results"
    awk -v results="$results" '
        /^<!-- results end -->$/ { skip = 0 }
        !skip
        /^<!-- results begin -->$/ { while ((getline line < results) > 0) print line; skip = 1 }
    ' README.md > README.md.new
    mv README.md.new README.md
}

if [ "${1:-}" = --readme ]; then
    splice "$2"
else
    name=${1:-$(date +%F)}
    measure "$name"
    splice "$name"
fi
