#!/usr/bin/env bash
# before, naive, after and best over HTTP in one record, in rounds that alternate, and the same in one process: how much of
# what a lock gains survives HTTP.
#
#   scripts/http-record.sh [FOLDER]     FOLDER, for both records, is reports/local/http by default
#
# DURATION is the measured time of each (20s), SCENARIO the scenario (polling). Needs jq.
set -euo pipefail
cd "$(dirname "$0")/.."
source scripts/serving.sh
needs jq "install it"

out=${1:-reports/local/http}
measured=(--scenario "${SCENARIO:-polling}" --duration "${DURATION:-20s}" --format json)
strategies=(before naive after best)
build

urls=() names=()
for strategy in "${strategies[@]}"; do
    start "$lockyard" serve --strategy "$strategy" --listen 127.0.0.1:0
    urls+=(--url "$strategy=$url")
    names+=(--strategy "$strategy")
done
"$lockyard" compare "${urls[@]}" "${measured[@]}" --out "$out/over-http" > /dev/null
end_serving
"$lockyard" compare "${names[@]}" "${measured[@]}" --out "$out/in-process" > /dev/null

echo
echo "Throughput, as a multiple of the baseline's. What survives is the gain over HTTP as a share of the gain in one process."
jq -rn --slurpfile http "$out/over-http/run.json" --slurpfile here "$out/in-process/run.json" '
    def gains: [.comparisons[] | select(.metric == "throughput")];
    def shown: "\(.ratio * 1000 | round / 1000) [\(.ci[0] * 1000 | round / 1000), \(.ci[1] * 1000 | round / 1000)]";
    def survivors:
        ($here[0] | gains[]) as $in
        | ($http[0] | gains[] | select(.baseline == $in.baseline and .candidate == $in.candidate)) as $over
        | [$in.baseline, $in.candidate, ($in | shown), ($over | shown),
           (if $in.ci[0] <= 1 then "no gain to survive"
            elif $over.ci[0] <= 1 and $over.ci[1] >= 1 then "statistically tied"
            else "\(($over.ratio - 1) / ($in.ratio - 1) * 100 | round) %" end)];
    (["baseline", "candidate", "in one process", "over HTTP", "survives"], survivors) | @tsv' | column -t -s "$(printf '\t')"
printf '\nThe records: %s/over-http, %s/in-process\n' "$out" "$out"
