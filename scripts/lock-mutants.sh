#!/usr/bin/env bash
# Plants mistakes in the locks of crates/lockyard-lock/tests/locks, one at a time, and prints which of them the contract and the
# explorer catch: how good they are at mistakes that nobody thought of.
#
#   scripts/lock-mutants.sh [LOCK]...     such as right/fair_rwlock wrong/torn; all, if none is named
#
# A mutant is one place of one file: a statement is left out, a condition is always or never true, an operator, a constant or an end
# of a queue is exchanged for another, what is to be woken is forgotten. Of a right lock it is every place of its own file, and of
# the file of its steps if no other right lock stands for that. Of a wrong one it is every place of its own file, and PLACES of the
# file of its steps, spread over it evenly: there the question is whether a second mistake hides the first. Memory orderings
# are left alone, being for loom. Some mutants do not compile, and some are as right as what they were made from: those are
# listed among the survivors.
#
# All take some ten minutes on two cores. What was said of each stands in target/lock-mutants/verdicts.txt then; why some are not caught,
# in docs/OWN_LOCK.md.
#
# exit codes: 0 at least 80 % of those of right locks were caught, and of those of wrong ones; 1 fewer, or a right lock is complained of,
# or a wrong one is not; 2 bad usage
set -euo pipefail
cd "$(dirname "$0")/.."
root=$PWD
locks=crates/lockyard-lock/tests/locks
target=${CARGO_TARGET_DIR:-$root/target}/lock-mutants
PLACES=6

[ $# -gt 0 ] || set -- right/{fair_rwlock,barging_mutex,writers_first,blocking_rwlock} \
    wrong/{leak_behind_writer,leak_behind_reader,forgotten_wake,torn,unfair,poisoned,double_grant,lost_hand_over}
for lock in "$@"; do
    [ -e "$locks/$lock.rs" ] || { echo "lock-mutants.sh: there is no lock '$lock'" >&2; exit 2; }
done
# The family that a file makes, and the file of its steps.
family_of() {
    local family
    family=$(sed -nE 's/^pub (type|struct) ([A-Za-z]+)( = .*|);$/\2/p' "$locks/$1.rs" | tail -1)
    [ "$1" != right/blocking_rwlock ] || family=BlockingRwLock
    echo "${1%%/*}::$family"
}
steps_of() {
    if grep -q 'Queued<' "$locks/$1.rs"; then echo queue.rs; elif grep -q 'Barging<' "$locks/$1.rs"; then echo barging.rs; fi
}

started=$SECONDS
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
mkdir -p "$scratch/src/bin" "$scratch/mutants" "$target"

# The mutants of a file, one a line: the line's number, what was done, and the line as it becomes, between tabs.
mutants_of() {
    awk '
    function mutant(what, text) { printf "%d\t%s\t%s\n", NR, what, text }
    # Every occurrence by itself.
    function exchange(from, to,    at, rest) {
        for (at = 1; (rest = index(substr($0, at), from)) > 0; at += rest + length(from) - 1)
            mutant("`" from "` becomes `" to "`", substr($0, 1, at + rest - 2) to substr($0, at + rest - 1 + length(from)))
    }
    /^ *(\/\/|#|use |mod |pub use |const |type |impl|pub trait |\/\*)/ || /fn [a-z_]+[<(]/ { before = $0; next }
    {
        trimmed = $0; sub(/^ +/, "", trimmed)
        begins = before ~ /[;{}]$/ || before ~ /^ *\/\//
        if (begins && trimmed ~ /;$/ && trimmed !~ /^(let|return|}|\))/) mutant("left out: `" trimmed "`", "")
        if (trimmed ~ /^(} else )?if .* \{$/ && trimmed !~ /let /) {
            split("true false", always, " ")
            for (n = 1; n <= 2; n++) { line = $0; sub(/if .* \{$/, "if " always[n] " {", line); mutant("`" trimmed "` is always " always[n], line) }
        }
        if (trimmed ~ /^while .* \{$/) { line = $0; sub(/while .* \{$/, "while false {", line); mutant("`" trimmed "` is never true", line) }
        if (trimmed ~ /^(return )?Self::(leave|hand_over)\(.*\);?$/) {
            line = $0; sub(/Self::[a-z_]+\(.*\)/, "Vec::new()", line); mutant("`" trimmed "` wakes none", line)
        }
        exchange(" && ", " || "); exchange(" || ", " && "); exchange(" == ", " != "); exchange(" < ", " <= ")
        exchange(" += ", " -= "); exchange(" -= ", " += "); exchange(" + 1", " + 0"); exchange(" += 1", " += 2"); exchange(" == 0", " == 1")
        exchange("true", "false"); exchange("false", "true")
        exchange("push_back", "push_front"); exchange("pop_front", "pop_back"); exchange(".front()", ".back()")
        exchange("notify_all", "notify_one"); exchange(".is_none()", ".is_some()"); exchange(".is_empty()", ".is_empty().eq(&false)")
        if (match($0, /\{ [^{}]+ \} else \{ [^{}]+ \}/)) {
            split(substr($0, RSTART + 2, RLENGTH - 4), branch, " } else { ")
            mutant("the branches `" branch[1] "` and `" branch[2] "` are exchanged", substr($0, 1, RSTART - 1) "{ " branch[2] " } else { " branch[1] " }" substr($0, RSTART + RLENGTH))
        }
        for (at = 2; at < length($0); at++)
            if (substr($0, at, 1) == "!" && substr($0, at - 1, 1) !~ /[a-z]/ && substr($0, at + 1, 1) ~ /[A-Za-z]/)
                mutant("without `!` before `" substr($0, at + 1, 20) "`", substr($0, 1, at - 1) substr($0, at + 1))
        before = $0
    }' "$1"
}

# Of each lock the first is the lock itself.
: >"$scratch/list"
add() { # lock, file, line, what, text
    local number folder
    number=$(wc -l <"$scratch/list")
    folder=$scratch/mutants/mutant_$number
    cp -r "$locks" "$folder"
    [ "$3" = 0 ] || awk -v at="$3" -v text="${5//\\/\\\\}" 'NR == at { print text; next } { print }' "$locks/$2" >"$folder/$2"
    printf '%s\t%s\t%s\t%s\n' "$1" "$2" "$3" "$4" >>"$scratch/list"
}
# Some lines of standard input, spread over it; others for each number.
some() { awk -v places="$PLACES" -v number="$1" '{ all[NR] = $0 } END { for (n = 0; n < places; n++) print all[1 + int((n + number / 8) * NR / places) % NR] }'; }
nth=0
for lock in "$@"; do
    add "$lock" "$lock.rs" 0 itself
    while IFS=$'\t' read -r line what text; do add "$lock" "$lock.rs" "$line" "$what" "$text"; done < <(mutants_of "$locks/$lock.rs")
    steps=$(steps_of "$lock")
    case $lock in
        right/fair_rwlock | right/barging_mutex) places() { mutants_of "$locks/$steps"; } ;;
        wrong/*) places() { mutants_of "$locks/$steps" | some "$nth"; } ;;
        *) places() { :; } ;;
    esac
    while IFS=$'\t' read -r line what text; do add "$lock" "$steps" "$line" "$what" "$text"; done < <(places)
    nth=$((nth + 1))
done

cp Cargo.lock "$scratch/"
cat >"$scratch/Cargo.toml" <<TOML
[package]
name = "lock-mutants"
edition = "2024"

[dependencies]
lockyard-lock = { path = "$root/crates/lockyard-lock" }
lockyard-explore = { path = "$root/crates/lockyard-explore" }

[profile.dev]
debug = false
incremental = false
# The searches are most of what is run.
[profile.dev.package."*"]
opt-level = 1

[workspace]
TOML
cat >"$scratch/src/lib.rs" <<'RUST'
use std::time::Duration;

/// What complains of a lock, in one line: the contract by the name of a test, and the explorer.
pub fn judge(contract: Vec<(&'static str, fn())>, explorer: Option<fn()>) -> String {
    std::panic::set_hook(Box::new(|_| {}));
    let outcome = |test, seconds| lockyard_lock::contract::outcome(test, Duration::from_secs(seconds));
    // Those on threads last: what they see, they see by hanging, mostly.
    let by_contract = contract.into_iter().rev().find(|(_, test)| outcome(*test, 10).is_err());
    let by_explorer = explorer.is_some_and(|test| outcome(test, 30).is_err());
    format!("{}\t{}", by_contract.map_or("-", |(name, _)| name), if by_explorer { "explorer" } else { "-" })
}
RUST

# Several in each program: one for each would be linked for longer than it runs. Those that are known not to compile are left out.
touch "$scratch/misfits"
programs() {
    rm -f "$scratch"/src/bin/*
    local number=0 lock file line what family program
    while IFS=$'\t' read -r lock file line what; do
        if ! grep -qx "$number" "$scratch/misfits"; then
            family=mutant_$number::$(family_of "$lock")
            program=$scratch/src/bin/batch_$((number / 16)).rs
            [ -e "$program" ] || echo '#![allow(warnings)]' >"$program"
            printf '#[path = "../../mutants/mutant_%d/mod.rs"]\nmod mutant_%d;\n' "$number" "$number" >>"$program"
            if [ -n "$(steps_of "$lock")" ]; then
                printf 'fn run_%d() -> String { lock_mutants::judge(lockyard_lock::lock_contract!(list %s: await, try), Some(|| lockyard_explore::lock::<%s>().check())) }\n' \
                    "$number" "$family" "$family" >>"$program"
            else
                printf 'fn run_%d() -> String { lock_mutants::judge(lockyard_lock::lock_contract!(list %s: try), None) }\n' \
                    "$number" "$family" >>"$program"
            fi
        fi
        number=$((number + 1))
    done <"$scratch/list"
    for program in "$scratch"/src/bin/*.rs; do
        {
            echo 'fn main() { let said = match std::env::args().nth(1).unwrap().as_str() {'
            sed -nE 's/^mod mutant_([0-9]+);/    "\1" => run_\1(),/p' "$program"
            # What hangs is left behind.
            echo '    _ => panic!("no such mutant") }; println!("{said}"); std::process::exit(0) }'
        } >>"$program"
    done
}
for _ in 1 2 3 4 5; do
    programs
    if cargo check --quiet --keep-going --message-format short --manifest-path "$scratch/Cargo.toml" --target-dir "$target" --bins 2>"$scratch/log"; then break; fi
    found=$(sed -nE 's/.*mutant_([0-9]+)\/[a-z_\/]+\.rs:[0-9]+:[0-9]+: error.*/\1/p' "$scratch/log" | sort -un)
    [ -n "$found" ] || { cat "$scratch/log" >&2; exit 1; }
    echo "$found" >>"$scratch/misfits"
done
cargo build --quiet --manifest-path "$scratch/Cargo.toml" --target-dir "$target" --bins

# One verdict a line: the number, then what the contract and the explorer say. A lock that panics while it is dropped ends the program.
judge() {
    local said code=0
    said=$(timeout 120 "$1/debug/batch_$(($2 / 16))" "$2" </dev/null 2>/dev/null) || code=$?
    [ $code != 124 ] || said=$'hangs\t-'
    [ $code = 0 ] || [ $code = 124 ] || said=$'aborts\t-'
    printf '%d\t%s\n' "$2" "$said"
}
export -f judge
seq 0 $(($(wc -l <"$scratch/list") - 1)) | grep -vxFf "$scratch/misfits" |
    xargs -P "$(nproc)" -I NUMBER bash -c 'judge "$0" NUMBER' "$target" >"$scratch/said"

sort -n "$scratch/said" | awk -F'\t' -v seconds="$((SECONDS - started))" -v verdicts="$target/verdicts.txt" '
    function row(name, of) {
        printf "| %s | %d | %d | %d | %d | %d |\n", name, ran[of], caught[of], contract[of], explorer[of], misfit[of]
    }
    FNR == NR && NF == 4 { lock[FNR - 1] = $1; place[FNR - 1] = $2 ":" $3; what[FNR - 1] = $4; itself[FNR - 1] = $3 == 0; last = FNR - 1; next }
    { by_contract[$1] = $2; by_explorer[$1] = $3 }
    END {
        for (n = 0; n <= last; n++) {
            kind = lock[n]; sub(/\/.*/, "", kind)
            if (!(lock[n] in seen)) { seen[lock[n]] = 1; order[++locks] = lock[n] }
            if (!(n in by_contract)) { misfit[lock[n]]++; misfit[kind]++; continue }
            complained = by_contract[n] != "-" || by_explorer[n] != "-"
            printf "%s, %s: %s: %s, %s\n", lock[n], place[n], what[n], by_contract[n], by_explorer[n] >verdicts
            if (itself[n]) {
                if (complained == (kind == "right")) { bad = 1; print lock[n] " itself: " by_contract[n] ", " by_explorer[n] }
                continue
            }
            ran[lock[n]]++; ran[kind]++
            if (by_contract[n] != "-") { contract[lock[n]]++; contract[kind]++ }
            if (by_explorer[n] == "explorer") { explorer[lock[n]]++; explorer[kind]++ }
            if (complained) { caught[lock[n]]++; caught[kind]++ } else survivors = survivors "  " lock[n] ", " place[n] ": " what[n] "\n"
        }
        print "| mutants of | that compile | caught | by the contract | by the explorer | do not compile |"
        print "| --- | --- | --- | --- | --- | --- |"
        for (n = 1; n <= locks; n++) row(order[n], order[n])
        for (n = split("right wrong", kinds, " "); n > 0; n--) if (ran[kinds[n]]) {
            row("all of " kinds[n] " locks", kinds[n])
            share = int(caught[kinds[n]] * 100 / ran[kinds[n]])
            shares = shares kinds[n] " locks: " share " %\n"
            if (share < 80) bad = 1
        }
        printf "\n%sin %d seconds\nnot caught:\n%s", shares, seconds, survivors
        exit bad
    }' "$scratch/list" -
