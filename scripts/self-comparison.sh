#!/usr/bin/env bash
# How often is a strategy called different from itself? `after`, by its name and written out, over tasks 1 and 64, workers 1 and
# 2, processes 1 and 5. At 99 % one verdict in a hundred may be wrong.
#
#   scripts/self-comparison.sh [TIMES [DURATION]]   20 and 2s by default: some half an hour. Needs Node.js
set -euo pipefail
cd "$(dirname "$0")/.."

times=${1:-20}
duration=${2:-2s}
target=${CARGO_TARGET_DIR:-target}
cargo build --release --quiet
out=$target/self-comparison
written='session=tokio-rwlock,cache=mutex-lru(tokio-mutex),dto=borrowed,save=after-unlock'
for tasks in 1 64; do
    for workers in 1 2; do
        for processes in 1 5; do
            folder=$out/$tasks-$workers-$processes
            for nth in $(seq "$times"); do
                "$target/release/lockyard" compare --strategy after --strategy "$written" --scenario polling \
                    --set tasks="$tasks" --set workers="$workers" --processes "$processes" --duration "$duration" \
                    --seed $((1000 * nth)) --no-verify --quick --format json --out "$folder/$nth" > /dev/null 2>&1
            done
            node - "$folder" "$times" <<'JS'
const [folder, times] = process.argv.slice(2);
const [tasks, workers, processes] = folder.split("/").pop().split("-");
let different = 0, reach = 0;
for (let nth = 1; nth <= times; nth++) {
    const record = JSON.parse(require("fs").readFileSync(`${folder}/${nth}/run.json`));
    const it = record.comparisons.find((it) => it.metric === "throughput");
    different += ["faster", "slower"].includes(it.verdict) ? 1 : 0;
    reach += Math.log(it.ci[1] / it.ratio) / times;
}
console.log(`tasks ${tasks}, workers ${workers}, processes ${processes}: called different ${different} of ${times}, interval ± ${(100 * reach).toFixed(1)} %`);
JS
        done
    done
done
