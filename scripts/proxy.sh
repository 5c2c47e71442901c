#!/usr/bin/env bash
# The proxy of docs/SERVING.md, as it is printed there: nginx with that configuration speaks TLS and HTTP/2 before a
# server. Turns must be streamed as they run, refusals and conditions passed on, connections to the server used again.
#
#   scripts/proxy.sh     takes less than a minute
#
# Only the port, the address of the server and the places of the certificate are put in. nginx runs on loopback, from a
# folder that is removed. Installs nginx from the system's packages where it is missing. Needs curl with HTTP/2, jq and
# openssl.
set -euo pipefail
cd "$(dirname "$0")/.."
source scripts/serving.sh
for tool in jq curl openssl python3; do needs "$tool" "install it"; done
curl --version | grep -q HTTP2 || { echo "this curl does not speak HTTP/2" >&2; exit 1; }
PATH=$PATH:/usr/sbin
installed nginx nginx
build

name=chat.example
log=$serving_place/access.jsonl
start "$lockyard" serve --listen 127.0.0.1:0 --host "$name" --access-log "$log" \
    --model-chunks 10 --model-chunk-interval 100ms
server=$url

port=$(python3 -c 'import socket; it = socket.socket(); it.bind(("127.0.0.1", 0)); print(it.getsockname()[1])')
openssl req -x509 -newkey rsa:2048 -nodes -days 1 -subj "/CN=$name" -addext "subjectAltName=DNS:$name" \
    -keyout "$serving_place/key" -out "$serving_place/certificate" 2>/dev/null
documented=$(fenced docs/SERVING.md nginx server_name)
[ -n "$documented" ] || { echo "docs/SERVING.md has no configuration of nginx" >&2; exit 1; }
{
    [ "$(id -u)" != 0 ] || echo "user root;"
    cat <<NGINX
daemon off;
worker_processes 1;
pid $serving_place/nginx.pid;
error_log $serving_place/nginx.log;
events {}
http {
    access_log off;
NGINX
    for kind in client_body proxy fastcgi uwsgi scgi; do echo "    ${kind}_temp_path $serving_place/$kind;"; done
    sed -e "s|/etc/ssl/$name.pem|$serving_place/certificate|; s|/etc/ssl/$name.key|$serving_place/key|" \
        -e "s|listen 443 |listen 127.0.0.1:$port |; s|127.0.0.1:8080|${server#http://}|" <<<"$documented"
    echo "}"
} >"$serving_place/nginx.conf"
nginx -e "$serving_place/nginx.log" -p "$serving_place" -c "$serving_place/nginx.conf" &
serving_pids+=("$!")

# Through the proxy, under its name.
ask() { curl -s --max-time 20 --cacert "$serving_place/certificate" --resolve "$name:$port:127.0.0.1" "$@"; }
for _ in $(seq 100); do
    kill -0 "${serving_pids[-1]}" 2>/dev/null || { cat "$serving_place/nginx.log" >&2; exit 1; }
    ask -f -o "$serving_place/answer" "https://$name:$port/healthz" && break
    sleep 0.1
done
api=https://$name:$port/v1/contexts
json='Content-Type: application/json'
status() { ask -o "$serving_place/answer" -w '%{http_code}' "$@"; }
answers() {
    local wanted=$1 found
    shift
    found=$(status "$@")
    [ "$found" = "$wanted" ] || { echo "$found instead of $wanted: $(cat "$serving_place/answer")"; return 1; }
}
# A body of so many bytes: a message, and spaces.
body_of() { printf '{"role":"user","content":"hello"}%*s' "$(($1 - 33))" '' >"$serving_place/body"; }

echo "nginx $(nginx -v 2>&1 | sed 's|.*/||') before $("$lockyard" --version) $(load_average)"
answers 201 "$api" -H "$json" -d '{"model_id":"m","mode":"chat"}'
id=$(jq -r .id "$serving_place/answer")
etag=$(ask -o "$serving_place/answer" -D - "$api/$id" | tr -d '\r' | sed -n 's/^etag: //Ip')

is_http2() { [ "$(ask --http2 -o "$serving_place/answer" -w '%{http_version} %{http_code}' "$api/$id")" = "2 200" ]; }
promise "HTTP/2 is spoken" is_http2
promise "a message is appended" answers 201 "$api/$id/messages" -H "$json" -d '{"role":"user","content":"hello"}'
reads_it() { [ "$(ask -f "$api/$id/messages" | jq -r '.messages[0].content[0].text')" = hello ]; }
promise "and read" reads_it
promise "an ETag from before the change is refused by If-Match" \
    answers 412 -X PUT "$api/$id" -H "$json" -H "If-Match: $etag" -d '{"mode":"plan"}'
etag=$(ask -o "$serving_place/answer" -D - "$api/$id" | tr -d '\r' | sed -n 's/^etag: //Ip')
promise "the one of now is answered 304 to If-None-Match" answers 304 "$api/$id" -H "If-None-Match: $etag"

# The time at which each event comes, in milliseconds. Its ten chunks take 900.
arrives_as_it_runs() {
    ask -fN "$1" "$api/$id/actions/send_message" -H "$json" -H 'Accept: text/event-stream' \
        -d '{"role":"user","content":"Why?"}' |
        while read -r line; do [[ $line != event:* ]] || echo "$(($(date +%s%N) / 1000000)) $line"; done \
            >"$serving_place/events"
    cat "$serving_place/events"
    awk '/event: text/ { texts++; if (!first) first = $1; last = $1 } /event: done/ { done = 1 }
        END { exit !(texts == 10 && done && last - first > 450) }' "$serving_place/events"
}
promise "a turn arrives as it runs, by HTTP/2" arrives_as_it_runs --http2
promise "and by HTTP/1.1" arrives_as_it_runs --http1.1
is_given_up() {
    ask -N --max-time 0.5 "$api/$id/actions/send_message" -H "$json" -H 'Accept: text/event-stream' \
        -d '{"role":"user","content":"Why?"}' && return 1
    for _ in $(seq 20); do
        [ "$(ask -f "$api/$id/state" | jq -r .state)" != idle ] || break
        sleep 0.1
    done
    # It would have come to its last word.
    ask -f "$api/$id/messages?limit=1000" |
        jq -e '.messages[-1] | .role == "assistant" and (tostring | contains("word9") | not)'
}
promise "a turn whose client goes away is given up" is_given_up

body_of 1048576
promise "a body of 1 MiB is taken" answers 201 "$api/$id/messages" -H "$json" --data-binary "@$serving_place/body"
body_of 1048577
for version in --http2 --http1.1; do
    promise "and one byte more refused ($version)" \
        answers 413 "$version" "$api/$id/messages" -H "$json" --data-binary "@$serving_place/body"
done
promise "/metrics is denied" answers 403 "https://$name:$port/metrics"
promise "a problem comes as the server says it" answers 404 "$api/00000000-0000-0000-0000-000000000000"
is_problem() { [ "$(jq -r .code "$serving_place/answer")" = context_not_found ]; }
promise "with its code" is_problem
other_name() {
    local status
    status=$(curl -s --max-time 20 -H 'Host: other.example' -o "$serving_place/answer" -w '%{http_code}' "$server/readyz")
    [ "$status" = 421 ]
}
promise "the server itself answers to no other name" other_name

lines=$(wc -l <"$log")
for _ in $(seq 100); do ask -f -o "$serving_place/answer" "$api/$id/state"; done
until [ "$(wc -l <"$log")" -ge $((lines + 100)) ]; do sleep 0.1; done
peers=$(tail -n +$((lines + 1)) "$log" | jq -r .peer | sort -u | wc -l)
promise "100 clients in turn are served over $peers connections to the server (wanted: at most 4)" test "$peers" -le 4
errors=$(grep -cE '\[(error|crit|alert|emerg)\]' "$serving_place/nginx.log" || true)
# Of its two refusals: too large, twice, and the metrics.
promise "nginx has written $errors errors (wanted: 3, of what it refused)" test "$errors" = 3
end_of_trial
