#!/usr/bin/env bash
# Does a crate break its users without saying so in its version? Compares each published crate with the last tag.
#
#   scripts/semver.sh [CRATE]...     only these crates, if any are given
#
# Before the first tag there is nothing to compare with: it says so and ends with 0. Installs cargo-semver-checks under
# target/tools if it is missing. Needs git with its tags: a shallow clone has none.
set -euo pipefail
cd "$(dirname "$0")/.."

if ! tag=$(git describe --tags --abbrev=0 2>/dev/null); then
    echo "semver.sh: this clone has no git tag, so there is no release to compare with; nothing was checked"
    exit 0
fi

tools=$PWD/target/tools
export PATH="$tools/bin:$PATH"
if ! cargo semver-checks --version >/dev/null 2>&1; then
    cargo install --locked --root "$tools" cargo-semver-checks
fi

crates=("$@")
if [ ${#crates[@]} -eq 0 ]; then
    for manifest in crates/*/Cargo.toml; do crates+=("$(basename "$(dirname "$manifest")")"); done
    crates+=(lockyard)
fi
compared=0
broken=()
for crate in "${crates[@]}"; do
    manifest=Cargo.toml
    [ "$crate" = lockyard ] || manifest=crates/$crate/Cargo.toml
    [ -f "$manifest" ] || { echo "semver.sh: there is no crate '$crate'" >&2; exit 2; }
    if ! git cat-file -e "$tag:$manifest" 2>/dev/null; then
        echo "semver.sh: $crate is not in $tag: nothing to compare it with"
        continue
    fi
    echo "== $crate against $tag"
    compared=$((compared + 1))
    cargo semver-checks --package "$crate" --baseline-rev "$tag" || broken+=("$crate")
done
if [ ${#broken[@]} -gt 0 ]; then
    echo "semver.sh: against $tag these need another version, or did not build: ${broken[*]}" >&2
    exit 1
fi
echo "semver.sh: $compared crates compared with $tag; none needs another version"
