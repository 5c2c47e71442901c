#!/usr/bin/env bash
# Do the crates type-check for systems other than this one? Nothing is linked and nothing is run there.
#
#   scripts/targets.sh [TARGET]...     these targets; Windows and macOS if none are given
#
# Installs the targets by rustup. The crates are the instruments: none of their dependencies compiles C.
set -euo pipefail
cd "$(dirname "$0")/.."

targets=("$@")
[ ${#targets[@]} -gt 0 ] || targets=(x86_64-pc-windows-gnu aarch64-apple-darwin x86_64-apple-darwin)
packages=()
for manifest in crates/*/Cargo.toml; do packages+=(-p "$(basename "$(dirname "$manifest")")"); done
for target in "${targets[@]}"; do
    echo "== $target"
    rustup target add "$target"
    cargo check --target "$target" --lib "${packages[@]}" --all-features
done
echo "targets.sh: the instruments type-check for ${targets[*]}"
