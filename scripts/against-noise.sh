#!/usr/bin/env bash
# How often is a build called different from itself? Holds the program against a copy of its file, and counts. At 99 % one
# verdict in a hundred may be wrong. A slower build as the argument shows how often that is told.
#
#   scripts/against-noise.sh [TIMES [DURATION [PROGRAM]]]   100 and 10s by default: some 50 minutes. Needs Node.js
set -euo pipefail
cd "$(dirname "$0")/.."

times=${1:-100}
duration=${2:-10s}
target=${CARGO_TARGET_DIR:-target}
cargo build --release --quiet
out=$target/against-noise
mkdir -p "$out"
cp "$target/release/lockyard" "$out/this"
cp "${3:-$target/release/lockyard}" "$out/other"
for nth in $(seq "$times"); do
    # 3 is a verdict like any other here.
    "$out/this" compare --against "$out/other" --duration "$duration" --seed $((1000 * nth)) --format json --out "$out/$nth" \
        > /dev/null 2>&1 || [ $? -eq 3 ]
done

node - "$out" "$times" <<'JS'
const [out, times] = process.argv.slice(2);
const counts = {};
let reach = 0, ratio = 0;
for (let nth = 1; nth <= times; nth++) {
    const record = JSON.parse(require("fs").readFileSync(`${out}/${nth}/run.json`));
    const it = record.comparisons.find((it) => it.metric === "throughput");
    counts[it.verdict] = (counts[it.verdict] ?? 0) + 1;
    reach += Math.log(it.ci[1] / it.ratio) / times;
    ratio += Math.log(it.ratio) / times;
}
console.log(`of ${times}: ${JSON.stringify(counts)}; on average ×${Math.exp(ratio).toFixed(4)} ± ${(100 * reach).toFixed(1)} %`);
JS
