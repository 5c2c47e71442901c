#!/bin/sh
# Lockyard in a CI system, in plain shell: the models of the sessions, a quick comparison, and a page to keep. Copy it, and
# name your own strategies and scenarios.
#
#   LOCKYARD   the program; `lockyard` by default
#   OUT        the folder for what is to be kept: index.html, run.json, summary.md, models.md
#   BASELINE   a record to hold this one against, such as the main branch's run.json; without one nothing is gated
#   SUMMARY    the file that a summary is added to; GitHub names its own
#   VERIFY, COMPARE   arguments for the two verbs
#
# Ends with the worst of both: 3 where something became slower, 4 where something is wrong, 5 where the baseline cannot be
# compared with. What was measured is kept in any case.
set -u
lockyard=${LOCKYARD:-lockyard}
out=${OUT:-lockyard-report}
summary=${SUMMARY:-${GITHUB_STEP_SUMMARY:-/dev/stdout}}
verify=${VERIFY:---quick}
compare=${COMPARE:---strategy naive --strategy after --strategy best --scenario polling --quick}
mkdir -p "$out"

# shellcheck disable=SC2086 # arguments are several words
"$lockyard" verify $verify --format markdown > "$out/models.md"
models=$?

if [ -n "${BASELINE:-}" ]; then
    # Five per cent of the ratio to `naive`, each measured within its own run.
    compare="$compare --baseline $BASELINE --gate 5%"
fi
# shellcheck disable=SC2086
"$lockyard" compare $compare --out "$out" --format markdown > "$out/printed.md"
measured=$?

cat "$out/printed.md" "$out/models.md" >> "$summary"
if [ "$models" -ne 0 ]; then exit "$models"; fi
exit "$measured"
