#!/usr/bin/env bash
# Without features lockyard-tokio is tokio: a lock and unlock compile to the same assembly over both. One small library is built
# twice, with one line of its manifest changed, and what the compiler emits for it is compared, but for hashes of names.
# Needs: a Rust toolchain.
set -euo pipefail
root=$(cd "$(dirname "$0")/.." && pwd)
work=${CARGO_TARGET_DIR:-$root/target}/same-assembly
rm -rf "$work"

library() { # folder, tokio's line
    mkdir -p "$work/$1/src"
    cat > "$work/$1/Cargo.toml" <<EOF
[package]
name = "locks"
version = "0.1.0"
edition = "2024"

[dependencies]
tokio = $2

[workspace]
EOF
    cat > "$work/$1/src/lib.rs" <<'EOF'
use std::pin::pin;
use std::task::{Context, Poll};

use tokio::sync::{Mutex, RwLock};

pub fn lock_and_unlock(lock: &Mutex<u64>, context: &mut Context<'_>) -> Poll<u64> {
    let section = pin!(async {
        let mut held = lock.lock().await;
        *held += 1;
        *held
    });
    section.poll(context)
}

pub fn read(lock: &RwLock<u64>, context: &mut Context<'_>) -> Poll<u64> {
    pin!(async { *lock.read().await }).poll(context)
}
EOF
    # The same versions as this project's.
    cp "$root/Cargo.lock" "$work/$1/Cargo.lock"
    CARGO_TARGET_DIR="$work/$1/target" cargo rustc --quiet --release --manifest-path "$work/$1/Cargo.toml" -- \
        --emit asm -C debuginfo=0 -C codegen-units=1
    sed -E 's/17h[0-9a-f]{16}E//g; s/\.L[A-Za-z_]*[0-9]+/.L/g; s/_R[A-Za-z0-9_]+/_R/g; s/anon\.[0-9a-f]+/anon/g
        s/^[[:space:]]*\.file.*//; s/locks\.[0-9a-f]+-cgu/locks-cgu/g' \
        "$work/$1"/target/release/deps/locks-*.s > "$work/$1.s"
}

version=$(sed -n '/^name = "tokio"$/{n;s/version = "\(.*\)"/\1/p}' "$root/Cargo.lock")
library tokio "{ version = \"=$version\", default-features = false, features = [\"sync\"] }"
library drop-in "{ package = \"lockyard-tokio\", path = \"$root/crates/lockyard-tokio\", version = \"1\", features = [\"sync\"] }"

lines=$(grep -c . "$work/tokio.s")
if [ "$lines" -lt 100 ]; then
    echo "only $lines lines of assembly: nothing was compared" >&2
    exit 1
fi
diff "$work/tokio.s" "$work/drop-in.s"
echo "the same $lines lines of assembly over tokio $version and over lockyard-tokio"
