#!/usr/bin/env bash
# Clients of other authors against `serve`: wrk, ab, oha and curl, http.client, requests and aiohttp of Python, and
# every curl of the README and of docs/SERVING.md as it is printed. No request may fail, connections are used again, a
# client goes on after a refusal, and turns arrive as they run.
#
#   scripts/clients.sh [REQUESTS]     of wrk, ab and oha each: 20,000 by default; two minutes with these
#
# Installs wrk and ab from the system's packages, oha by cargo, and those of Python into a folder of target, where they
# are missing. Needs jq and curl.
set -euo pipefail
cd "$(dirname "$0")/.."
source scripts/serving.sh
for tool in jq curl python3; do needs "$tool" "install it"; done
installed wrk wrk
installed ab apache2-utils
with_oha
python_with aiohttp requests
requests=${1:-20000}
build

start "$lockyard" serve --listen 127.0.0.1:0 --model-chunks 10 --model-chunk-interval 100ms
json='Content-Type: application/json'
id=$(curl -sf "$url/v1/contexts" -H "$json" -d '{"model_id":"m","mode":"chat"}' | jq -r .id)
context=$url/v1/contexts/$id
out=$serving_place/out
echo '{"role":"user","content":"hello"}' >"$serving_place/message"
echo '{"mode":"plan"}' >"$serving_place/change"
connections() { curl -sf "$url/metrics" | awk '$1 == "lockyard_http_connections" { print $2 }'; }

echo "== Load $(load_average)"
wrk_fails_nothing() {
    wrk -t1 -c64 -d5s "$1" | tee "$out"
    ! grep -E 'Non-2xx|Socket errors' "$out" && grep -q '^Requests/sec' "$out"
}
promise "wrk: GET …/state" wrk_fails_nothing "$context/state"
ab_fails_nothing() {
    local count=$1
    shift
    ab -q -k -l -n "$count" -c 32 "$@" >"$out" 2>&1 || { cat "$out"; return 1; }
    awk -v wanted="$count" '
        /^Complete requests/ { complete = $3 }  /^Failed requests/ { failed = $3 }
        /^Keep-Alive requests/ { kept = $3 }    /^Non-2xx/ { refused = $3 }
        { print }
        END { exit !(complete == wanted && failed == 0 && kept == wanted && refused == 0) }' "$out"
}
promise "ab: GET …/state, $requests over connections that are kept" ab_fails_nothing "$requests" "$context/state"
promise "ab: PUT" ab_fails_nothing "$requests" -u "$serving_place/change" -T application/json "$context"
few=$((requests / 20))
promise "ab: POST …/messages, $few" \
    ab_fails_nothing "$few" -p "$serving_place/message" -T application/json "$context/messages"
ab_closes() {
    ab -q -n "$few" -c 32 "$context/state" >"$out" 2>&1 && grep -q "Complete requests: *$few$" "$out" &&
        grep -q 'Failed requests: *0$' "$out" && ! grep Non-2xx "$out"
}
promise "ab: $few connections, one for each request" ab_closes
oha_fails_nothing() {
    oha --no-tui --output-format json -c 64 -n "$requests" "$@" >"$out" && [ -s "$out" ] || return 1
    jq -e '.summary.successRate == 1 and .errorDistribution == {} and
        ([.statusCodeDistribution | to_entries[] | select(.key | startswith("2") | not)] == [])' "$out" || {
        jq '{summary, errorDistribution, statusCodeDistribution}' "$out"
        return 1
    }
}
promise "oha: GET …/state" oha_fails_nothing "$context/state"
promise "oha: PUT" oha_fails_nothing -m PUT -H "$json" -D "$serving_place/change" "$context"

echo
echo "== curl"
answers() {
    local wanted=$1 found
    shift
    found=$(curl -s --max-time 20 -o "$out" -w '%{http_code}' "$@")
    [ "$found" = "$wanted" ] || { echo "$found instead of $wanted"; cat "$out"; return 1; }
}
promise "Expect: 100-continue is asked for the body" \
    answers 201 -H 'Expect: 100-continue' -H "$json" -d @"$serving_place/message" "$context/messages"
refused_unasked() {
    head -c 4000000 /dev/zero | tr '\0' ' ' >"$serving_place/large"
    local sent
    sent=$(curl -s --max-time 20 -o "$out" -w '%{http_code} %{size_upload}' -H 'Expect: 100-continue' -H "$json" \
        --expect100-timeout 10 --data-binary @"$serving_place/large" "$context/messages")
    [ "$sent" = "413 0" ] || { echo "status and bytes sent: $sent"; return 1; }
}
promise "and not asked for one that is refused" refused_unasked
promise "a body in chunks" answers 201 -H 'Transfer-Encoding: chunked' -H "$json" -d @"$serving_place/message" \
    "$context/messages"
arrives_as_it_runs() {
    curl -sfN --max-time 20 "$context/actions/send_message" -H "$json" -H 'Accept: text/event-stream' \
        -d @"$serving_place/message" |
        while read -r line; do [[ $line != event:* ]] || echo "$(($(date +%s%N) / 1000000)) $line"; done >"$out"
    cat "$out"
    awk '/event: text/ { texts++; if (!first) first = $1; last = $1 } /event: done/ { done = 1 }
        END { exit !(texts == 10 && done && last - first > 450) }' "$out"
}
promise "curl -N: a turn arrives as it runs" arrives_as_it_runs
head_is_right() {
    curl -s --max-time 20 -I "$context/state" | tr -d '\r' >"$out"
    cat "$out"
    grep -q '^HTTP/1.1 200' "$out" && grep -qi "^content-length: $(curl -s "$context/state" | wc -c)$" "$out" &&
        grep -qi '^etag: ' "$out"
}
promise "HEAD has the length and the ETag of GET" head_is_right
one_connection() {
    [ "$(curl -s --max-time 20 -I "$context/state" --next -s "$context/state" -o "$out" -w '%{num_connects}')" != 1 ] ||
        { echo "GET after HEAD needed a new connection"; return 1; }
}
promise "and is no obstacle to a second request" one_connection
# RFC 9110, 8.6: it must not say another length than 200 does.
says_no_other_length() {
    local length
    curl -s --max-time 20 "$@" -D "$out" -o "$out.body" -H 'If-None-Match: *' "$context/state"
    cat "$out"
    length=$(tr -d '\r' <"$out" | sed -n 's/^content-length: //Ip')
    grep -q '^HTTP/1.1 304' "$out" && { [ -z "$length" ] || [ "$length" = "$(curl -s "$context/state" | wc -c)" ]; }
}
promise "304 says no length that 200 does not say" says_no_other_length
promise "nor does that to HEAD" says_no_other_length -I
options_is_right() {
    curl -s --max-time 20 -X OPTIONS -D - "$context" | tr -d '\r' >"$out"
    cat "$out"
    grep -qE '^HTTP/1.1 (200|204|405)' "$out" && grep -i '^allow: ' "$out" | grep GET | grep PUT | grep -q DELETE
}
promise "OPTIONS names the methods in Allow" options_is_right
about_the_server() {
    [[ $(curl -s --max-time 20 -o "$out" -w "%{http_code}" -X OPTIONS --request-target "*" "$url") == [24]* ]]
}
promise "OPTIONS * is no server's error" about_the_server

echo
echo "== Python"
"$python" scripts/clients.py "$url" || broken=$((broken + 1))
none_is_left() {
    for _ in $(seq 50); do
        # That of this question is one.
        [ "$(connections)" -gt 1 ] || return 0
        sleep 0.1
    done
    connections
    return 1
}
promise "no connection is left over" none_is_left

echo
echo "== Every curl that is printed"
for document in README.md docs/SERVING.md; do
    fenced "$document" sh "curl " >"$serving_place/printed"
    count=$(grep -c 'curl ' "$serving_place/printed" || true)
    [ "$count" != 0 ] || { echo "$document prints none"; continue; }
    start "$lockyard" serve --listen 127.0.0.1:0 --store "redb:$serving_place/printed.redb"
    sed -i "s|127.0.0.1:8080|${url#http://}|g" "$serving_place/printed"
    promise "$document: $count lines with curl" bash -euxo pipefail "$serving_place/printed"
done
end_of_trial
