#!/usr/bin/env bash
# The page in a real browser: no console errors, no requests, switches, schemes, phone width, print, and a scan for
# barriers. Installs Chromium from the system's packages where it is missing, and two development packages.
#
#   scripts/browser.sh [SCREENSHOTS]     leaves screenshots in that folder
set -euo pipefail
cd "$(dirname "$0")/.."

chromium=${CHROMIUM:-$(command -v chromium || command -v chromium-browser || true)}
if [ -z "$chromium" ]; then
    command -v apt-get >/dev/null || { echo "no Chromium: install it, or name it in CHROMIUM" >&2; exit 1; }
    apt-get update -qq
    DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends chromium fonts-dejavu-core >/dev/null
    chromium=$(command -v chromium)
fi
command -v node >/dev/null || { echo "no Node.js: install version 20 or newer" >&2; exit 1; }

# Among what is built, so that no packages lie among the sources.
work=target/browser
mkdir -p "$work"
cp tests/browser/package.json tests/browser/package-lock.json tests/browser/page.mjs "$work"
(cd "$work" && npm ci --no-audit --no-fund --loglevel=error)
pages=$(mktemp -d)
trap 'rm -rf "$pages"' EXIT
# Of the whole workspace: after its tests everything is built already.
cargo build --quiet --workspace --example pages
target/debug/examples/pages "$pages"
[ $# -eq 0 ] || mkdir -p "$1"
CHROMIUM=$chromium node "$work/page.mjs" "$pages" "$@"
