#!/usr/bin/env bash
# Does each crate build with the oldest Rust that its `rust-version` allows?
#
#   scripts/rust-versions.sh [CRATE]...     only these crates, if any are given
#
# Installs those toolchains by rustup. The libraries are type-checked, with all features and the versions in Cargo.lock;
# tests are run with the newest of them only, by .ci/run.
set -euo pipefail
cd "$(dirname "$0")/.."

stated() { sed -n 's/^rust-version = "\(.*\)"$/\1/p' "$1"; }

crates=("$@")
if [ ${#crates[@]} -eq 0 ]; then
    for manifest in crates/*/Cargo.toml; do crates+=("$(basename "$(dirname "$manifest")")"); done
    crates+=(lockyard)
fi
for crate in "${crates[@]}"; do
    version=
    [ "$crate" = lockyard ] || version=$(stated "crates/$crate/Cargo.toml")
    version=${version:-$(stated Cargo.toml)}
    echo "== $crate with Rust $version"
    rustup toolchain install "$version" --profile minimal --no-self-update
    cargo "+$version" check --locked --target-dir "target/rust-$version" -p "$crate" --lib --all-features
done
