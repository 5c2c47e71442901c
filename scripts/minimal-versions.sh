#!/usr/bin/env bash
# Are the lower bounds in Cargo.toml right? Checks the crates with the oldest version that each direct dependency
# is allowed to have.
#
#   scripts/minimal-versions.sh [CRATE]...     only these crates, if any are given
#
# Works on a copy under target/minimal-versions, so Cargo.lock stays as it is. Choosing the oldest versions is an unstable
# option of cargo; RUSTC_BOOTSTRAP=1 allows it to a stable one, for that step only: what is checked is built as always.
set -euo pipefail
cd "$(dirname "$0")/.."

crates=("$@")
if [ ${#crates[@]} -eq 0 ]; then
    for manifest in crates/*/Cargo.toml; do crates+=("$(basename "$(dirname "$manifest")")"); done
    crates+=(lockyard)
fi
packages=()
for crate in "${crates[@]}"; do packages+=(-p "$crate"); done

copy=target/minimal-versions/source
rm -rf "$copy"
mkdir -p "$copy"
# What git knows, as it stands in the work tree; files that are deleted there are left out.
git ls-files -z | while IFS= read -r -d '' file; do
    [ ! -e "$file" ] || printf '%s\0' "$file"
done | xargs -0 cp -p --parents -t "$copy"
target=$PWD/target/minimal-versions/build
cd "$copy"
# Development dependencies are no promise to users, but they are resolved together with the rest.
RUSTC_BOOTSTRAP=1 cargo update -Z direct-minimal-versions
cargo check --locked --target-dir "$target" --lib "${packages[@]}" --all-features
echo "minimal-versions.sh: these build with the oldest direct dependencies they allow: ${crates[*]}"
