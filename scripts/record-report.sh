#!/usr/bin/env bash
# Measures every preset under four scenarios in five processes, keeps the record under reports/NAME, draws its page and a picture
# of that, and puts what each change gave, the picture and what a terminal shows into the README. Takes some fifteen minutes; let
# the machine do nothing else. The picture needs Chromium (scripts/browser.sh installs it), or CHROMIUM that names it.
#
#   scripts/record-report.sh [NAME]             NAME is today's date by default
#   scripts/record-report.sh --readme NAME      page, picture and README alone, from a record that is there; LOCKYARD names the
#                                               program if it is built already
set -euo pipefail
cd "$(dirname "$0")/.."

measure() {
    [ ! -e "reports/$1" ] || { echo "reports/$1 is there already: give another name" >&2; exit 2; }
    cargo build --release
    target/release/lockyard compare --scenario polling --scenario hot-context --scenario one-worker --scenario churn \
        --processes 5 --duration 4s --verify --out "reports/$1"
}

# The page of a record as it is drawn now, and its first screen as a picture.
draw() {
    lockyard=${LOCKYARD:-target/release/lockyard}
    [ -x "$lockyard" ] || cargo build --release
    "$lockyard" report "reports/$1/run.json" --format html > "reports/$1/index.html"
    "$lockyard" report "reports/$1/run.json" --format markdown > "reports/$1/summary.md"
    local chromium=${CHROMIUM:-$(command -v chromium || command -v chromium-browser || true)}
    [ -n "$chromium" ] || { echo "no Chromium: name it in CHROMIUM" >&2; exit 2; }
    "$chromium" --headless --no-sandbox --disable-gpu --hide-scrollbars --window-size=1280,1080 \
        --screenshot="$PWD/reports/$1/page.png" "file://$PWD/reports/$1/index.html" 2>/dev/null
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

# What stands between the two marks in the README becomes what each change gave in this record, its page as a picture, what a
# terminal shows of it, and how to measure it again.
splice() {
    local summary="reports/$1/summary.md" commit processes
    [ -f "$summary" ] || { echo "there is no $summary" >&2; exit 2; }
    commit=$(sed -n 's/.*"commit": "\([0-9a-f]*\)".*/\1/p' "reports/$1/run.json" | head -1)
    processes=$(sed -n 's/^  "processes": \([0-9]*\),$/\1/p' "reports/$1/run.json")
    results=$(mktemp)
    trap 'rm -f "$results"' EXIT
    {
        printf '\n### What each change gave\n\n'
        effects "$1"
        printf '\nEach interval is at 99 %% by itself, and of one machine. [The table](#what-is-compared) above says what differs between the strategies.\n'
        printf '\nMeasured in %s processes. [The page](reports/%s/index.html) of this run is one file that needs nothing else; [the summary](reports/%s/summary.md) has every table, and [the record](reports/%s/run.json) every number.\n\n' \
            "$processes" "$1" "$1" "$1"
        printf '[![The first screen of the page: which strategy to use, whether it is right, what it costs, and all strategies ranked](reports/%s/page.png)](reports/%s/index.html)\n\n' "$1" "$1"
        printf 'The same in a terminal of 80 columns, up to the second scenario:\n\n```text\n'
        COLUMNS=80 NO_COLOR=1 "$lockyard" report "reports/$1/run.json" | awk '/÷ naive/ && shown++ { exit } { print }'
        printf '```\n\n'
        awk -v commit="$commit" '
            /^## / { last = /To reproduce/ }
            !last { next }
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
    draw "$2"
    splice "$2"
else
    name=${1:-$(date +%F)}
    measure "$name"
    draw "$name"
    splice "$name"
fi
