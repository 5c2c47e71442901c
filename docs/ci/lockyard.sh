#!/bin/sh
# Lockyard in a CI system, in plain shell: the models of the sessions, a quick comparison with a page to keep, and a gate.
# Copy it, and name your own strategies and scenarios.
#
#   LOCKYARD   the program; `lockyard` by default
#   OUT        the folder for what is to be kept: index.html, run.json, summary.md, models.md; with a gate against another
#              build against/index.html and so on
#   AGAINST    the gate for a pull request: the same program, built from the base branch on this machine. Both are measured
#              in turns, so that a change which slows everything alike is seen, too
#   BASELINE   a second way, where no other build is at hand: a record of this machine, such as the main branch's run.json.
#              It compares ratios within each run, and cannot see what slows all strategies alike
#   SUMMARY    the file that a summary is added to; GitHub names its own
#   VERIFY, COMPARE, GATE   arguments for the models, the comparison, and the gate against another build
#   TOLERATED  the loss that either gate lets pass; 5% by default
#
# Ends with what went wrong first: 4 where something is wrong, 3 where something became slower or is missing, 5 where the two
# cannot be compared. What was measured is kept in any case.
set -u
lockyard=${LOCKYARD:-lockyard}
out=${OUT:-lockyard-report}
summary=${SUMMARY:-${GITHUB_STEP_SUMMARY:-/dev/stdout}}
verify=${VERIFY:---quick}
compare=${COMPARE:---strategy naive --strategy after --strategy best --scenario polling --quick}
gate=${GATE:---strategy after --strategy best --scenario polling --duration 20s}
tolerated=${TOLERATED:-5%}
mkdir -p "$out"

# shellcheck disable=SC2086 # arguments are several words
"$lockyard" verify $verify --format markdown > "$out/models.md"
models=$?

set -- --out "$out" --format markdown
if [ -n "${BASELINE:-}" ]; then
    set -- "$@" --baseline "$BASELINE" --gate "$tolerated"
fi
# shellcheck disable=SC2086
"$lockyard" compare $compare "$@" > "$out/printed.md"
measured=$?
cat "$out/printed.md" "$out/models.md" >> "$summary"
if [ -n "${BASELINE:-}" ] && [ -f "$out/gate.md" ]; then cat "$out/gate.md" >> "$summary"; fi

gated=0
if [ -n "${AGAINST:-}" ]; then
    # shellcheck disable=SC2086
    "$lockyard" compare --against "$AGAINST" $gate --gate "$tolerated" --out "$out/against" --format markdown \
        > "$out/against.md"
    gated=$?
    cat "$out/against.md" >> "$summary"
fi

for code in "$models" "$measured" "$gated"; do
    if [ "$code" -ne 0 ]; then exit "$code"; fi
done
