#!/usr/bin/env bash
# Measures every preset under four scenarios in five processes, keeps the record and its page under reports/NAME, and puts
# what each change gave, the verdict and the first scenario into the README. Takes some ten minutes; let the machine do
# nothing else.
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

# What each change gave in this record, as a table of ratios with their intervals: from the tables of the summary, and the
# noise floors from the record. Then what the two last rows say, which is read off the intervals and not typed.
effects() {
    awk '
        function list(names, separator,    at, text, count, part) {
            count = split(names, part, "\t")
            for (at = 1; at <= count; at++) {
                text = text (at == 1 ? "" : at == count ? " and " : ", ") part[at]
            }
            return text
        }
        function ends(cell, which,    part) { # ×1.09 [1.05, 1.14]
            gsub(/[][×,]/, "", cell)
            split(cell, part, " ")
            return part[which] + 0
        }
        function row(text, cells,    nth) {
            printf "| %s |", text
            for (nth = 1; nth <= scenarios; nth++) printf " %s |", cells[nth]
            print ""
        }
        FNR == NR { # the record
            if ($1 == "\"scenario\":") { split($0, quoted, "\""); of = quoted[4] }
            if ($1 == "\"metric\":") metric = $2
            if ($1 == "\"noise_floor\":" && metric ~ /throughput/ && !(of in floor)) floor[of] = $2 + 0
            next
        }
        $0 == "## What each strategy is" || $0 == "## To reproduce" { exit }
        /^## / { titles[++scenarios] = substr($0, 4); next }
        /^\| strategy / {
            count = split($0, cell, / \| /)
            for (at = 1; at <= count; at++) column[cell[at]] = at
            next
        }
        /^\| [a-z]/ && scenarios {
            split($0, cell, / \| /)
            strategy = substr(cell[1], 3)
            ratio = cell[column["against naive"]]
            if (strategy == "before") next
            if (strategy == "naive") { repairs[scenarios] = cell[column["against before"]]; next }
            if (strategy == "after") { lock[scenarios] = ratio; next }
            if (strategy == "best") { best[scenarios] = ratio; next }
            if (strategy == "tokio-mutex") cache[scenarios] = ratio
            if (!(scenarios in low) || ends(ratio, 1) < ends(low[scenarios], 1)) low[scenarios] = ratio ", " strategy
            if (!(scenarios in high) || ends(ratio, 1) > ends(high[scenarios], 1)) high[scenarios] = ratio ", " strategy
        }
        END {
            for (nth = 1; nth <= scenarios; nth++) {
                floors[nth] = sprintf("%.1f %%", 100 * floor[titles[nth]])
                rule[nth] = "---"
                if (ends(low[nth], 3) < ends(high[nth], 2)) apart = apart (apart ? "\t" : "") titles[nth]
                else overlap = overlap (overlap ? "\t" : "") titles[nth]
            }
            row("throughput", titles)
            row("---", rule)
            row("repairs of the code around the lock: `naive` ÷ `before`", repairs)
            row("an RwLock around each session: `after` ÷ `naive`", lock)
            row("another lock around the cache: `tokio-mutex` ÷ `naive`", cache)
            row("all that `best` does: `best` ÷ `naive`", best)
            row("of the ten locks around each session, the lowest ÷ `naive`", low)
            row("and the highest ÷ `naive`", high)
            row("noise floor: `before` measured twice", floors)
            print ""
            if (apart) printf "The choice of the session’s lock mattered under %s: the intervals of the lowest and the highest do not overlap. ", list(apart)
            if (overlap) printf "Under %s they overlap: these figures do not show that it mattered. ", list(overlap)
            print "A difference smaller than the noise floor is not significant, whatever its interval."
        }
    ' "reports/$1/run.json" "reports/$1/summary.md"
}

# What stands between the two marks in the README becomes what each change gave in this record, its verdict, its first
# scenario, and how to measure it again.
splice() {
    local summary="reports/$1/summary.md" commit processes scenarios
    [ -f "$summary" ] || { echo "there is no $summary" >&2; exit 2; }
    commit=$(sed -n 's/.*"commit": "\([0-9a-f]*\)".*/\1/p' "reports/$1/run.json" | head -1)
    processes=$(sed -n 's/^  "processes": \([0-9]*\),$/\1/p' "reports/$1/run.json")
    scenarios=$(grep '^## ' "$summary" | grep -cvE 'To reproduce|What each strategy is')
    results=$(mktemp)
    trap 'rm -f "$results"' EXIT
    {
        printf '\n### What each change gave\n\n'
        effects "$1"
        printf '\nEach interval is at 99 %% by itself, and of one machine. [The table](#what-is-compared) above says what differs between the strategies.\n'
        printf '\nMeasured in %s processes. Below are the verdict and the first of %s scenarios; [the summary](reports/%s/summary.md) has all of them, as have [the page](reports/%s/index.html) and [the record](reports/%s/run.json) of this run.\n\n' \
            "$processes" "$scenarios" "$1" "$1" "$1"
        awk -v commit="$commit" '
            /^## / { shown += 1; skip = shown > 1 && !/To reproduce/; last = /To reproduce/ }
            skip { next }
            # As recorded, it would replace the files of this record.
            last && /^    lockyard / {
                print "    git checkout " commit
                sub(/^    lockyard /, "    cargo run --release -- ")
                sub(/--out [^ ]*/, "--out reports/local/again")
            }
            { sub(/^## /, "### "); print }
        ' "$summary"
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
