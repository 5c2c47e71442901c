#!/usr/bin/env bash
# Do the crates type-check for systems other than this one? Nothing is linked and nothing is run there.
#
#   scripts/targets.sh [TARGET]...     these targets; Windows and macOS if none are given
#
# Installs the targets by rustup. No C compiler for them is needed, since no dependency compiles C.
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
    cargo check --target "$target" -p lockyard --lib --bin lockyard
done
echo "targets.sh: the instruments and the program type-check for ${targets[*]}"
