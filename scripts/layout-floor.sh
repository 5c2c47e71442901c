#!/usr/bin/env bash
# How far apart are builds of the same source whose functions lie in other places? Links the program several times with its
# functions in another order each, holds each build against each, and prints how far they lie apart at most: the layout
# floor. A tolerated loss below it would call a build slower for where the linker has put it.
#
#   scripts/layout-floor.sh [BUILDS [DURATION]]     5 and 10s by default; a minute for each two builds. Needs Node.js, and a
#                                                   linker that knows --shuffle-sections, such as the one that comes with Rust
set -euo pipefail
cd "$(dirname "$0")/.."

builds=${1:-5}
duration=${2:-10s}
target=${CARGO_TARGET_DIR:-target}
out=$target/layout-floor
mkdir -p "$out"
for build in $(seq "$builds"); do
    cargo rustc --release --quiet --bin lockyard -- -C link-arg=-Wl,--shuffle-sections='.text*'="$build"
    cp "$target/release/lockyard" "$out/lockyard-$build"
done

for this in $(seq "$builds"); do
    for other in $(seq $((this + 1)) "$builds"); do
        # 3 is a verdict like any other here.
        "$out/lockyard-$this" compare --against "$out/lockyard-$other" --duration "$duration" --format json \
            --out "$out/$this-$other" > /dev/null 2>&1 || [ $? -eq 3 ]
    done
done

node - "$out" "$builds" <<'JS'
const [out, builds] = process.argv.slice(2);
let floor = 0;
for (let a = 1; a <= builds; a++) for (let b = a + 1; b <= builds; b++) {
    const record = JSON.parse(require("fs").readFileSync(`${out}/${a}-${b}/run.json`));
    for (const it of record.comparisons.filter((it) => it.metric === "throughput")) {
        const [low, high] = it.ci.map((end) => end.toFixed(3));
        console.log(`${a} ÷ ${b}  ×${it.ratio.toFixed(3)} [${low}, ${high}]  ${it.verdict}  (${it.scenario})`);
        floor = Math.max(floor, Math.abs(Math.log(it.ratio)));
    }
}
console.log(`layout floor: ${((Math.exp(floor) - 1) * 100).toFixed(1)} % between ${builds} builds of the same source`);
JS
