#!/usr/bin/env bash
# Is the OpenAPI document valid? And requests made from it, by schemathesis: no answer may be a server's error, each must be one
# that the document describes, and what the document does not allow must be refused. Installs both tools among what is built.
# Needs Python 3.
#
#   scripts/schemathesis.sh [EXAMPLES]     for each operation: 200 by default
set -euo pipefail
cd "$(dirname "$0")/.."
source scripts/serving.sh
for tool in python3 curl; do needs "$tool" "install it"; done
venv=target/schemathesis
[ -x "$venv/bin/openapi-spec-validator" ] || {
    python3 -m venv "$venv"
    "$venv/bin/pip" install --quiet 'schemathesis>=4,<5' openapi-spec-validator
}
cargo build
start target/debug/lockyard serve --listen 127.0.0.1:0 --prompt polite='Be polite.'
curl -sf "$url/openapi.json" >"$venv/openapi.json"
"$venv/bin/openapi-spec-validator" "$venv/openapi.json"
checks=not_a_server_error,negative_data_rejection,unsupported_method,status_code_conformance,content_type_conformance,response_schema_conformance
# From there, for it leaves notes where it is run.
(cd "$venv" && bin/schemathesis run "$url/openapi.json" --checks "$checks" --max-examples "${1:-200}" --seed 1 --no-color)
curl -sf "$url/healthz" >/dev/null
kill -0 "$pid"
! grep -i panicked "$serving_place/0.err"
