#!/bin/sh
# SPDX-License-Identifier: MIT
#
# coil-fetch --loops: what the requests of several loops share.  Cookies, passwords, the
# cache, the archive, records with bodies, parts of files, and names of files.
set -eu
httpbin=$COIL_BUILD_DIR/apps/coil-httpbin
[ -x "$httpbin" ] || { echo "skipped: there is no $httpbin"; exit 77; }
. "$COIL_SOURCE_DIR/tests/fetch/lib/fleet.sh"
httpbin_process=

stop_all()
{
    [ -z "$httpbin_process" ] || kill -9 "$httpbin_process" 2>/dev/null || true
    clean_up
}
trap stop_all EXIT

"$httpbin" --port 0 --latency 1 >"$work/httpbin" 2>&1 &
httpbin_process=$!
until_true "httpbin listens" grep -q 'listening on' "$work/httpbin"
at=$(sed -n 's/.*listening on //p' "$work/httpbin")

# ---- cookies: what one loop is given, another one sends ----

for i in $(seq 40); do echo "$at/cookies/set/name$i/value$i"; done >"$work/list"
run -i "$work/list" --loops 3 --discard --cookie-jar "$work/jar" --max-redirs 0 \
    --accept-status 302
check "forty cookies are set" "$status" -eq 0
check "the jar has each" "$(grep -c '	value[0-9]*$' "$work/jar")" -eq 40
run "$at/cookies?n=[1-30]" --loops 3 --jsonl "$work/records" --jsonl-body \
    -b "$work/jar" --cookie-jar "$work/jar"
check "thirty ask what they have sent" "$status" -eq 0
for i in 1 17 40; do
    check "each has sent cookie $i" \
        "$(grep -c "value$i[^0-9]" "$work/records")" -eq 30
done
for i in $(seq 20); do echo "$at/cookies/set/again/$i"; done >"$work/list"
run -i "$work/list" --loops 3 --discard -c 1 --cookie-jar "$work/one"
check "twenty, one after the other" "$status" -eq 0
check "the last one counts" "$(grep -c 'again	20$' "$work/one")" -eq 1

# ---- redirects, decompression, digests ----

for i in $(seq 12); do
    echo "$at/redirect/3?n=$i"
    echo "$at/gzip?n=$i"
    echo "$at/deflate?n=$i"
done >"$work/list"
run -i "$work/list" --loops 3 --jsonl "$work/records" --jsonl-headers --sha256 \
    --extract links --discard
check "redirects and codings" "$status" -eq 0
check "all are well" "$(records "$work/records" ok)" -eq 36
check "three redirects each" \
    "$(grep -c '"redirects":\["[^"]*","[^"]*","[^"]*"\]' "$work/records")" -eq 12
check "a digest of each" "$(grep -c '"sha256":"[0-9a-f]' "$work/records")" -eq 36

# ---- passwords ----

echo "machine 127.0.0.1 login kim password secret" >"$work/netrc"
run "$at/basic-auth/kim/secret?n=[1-20]" --loops 3 --discard --netrc-file "$work/netrc"
check "netrc" "$status" -eq 0
run "$at/basic-auth/kim/secret?n=[1-20]" --loops 3 --discard --retries 0
check "and none without" "$status" -eq 1

# ---- the cache ----

for turn in first second; do
    run "$at/etag/tag?n=[1-30]" --loops 3 --cache "$work/cache" --discard \
        --jsonl "$work/records"
    check "the $turn time" "$status" -eq 0
done
check "none has changed" "$(grep -c '"unchanged":true' "$work/records")" -eq 30

# ---- one archive ----

# The long ones wait in files until they are over.
run "$at/anything/[1-60]" "$at/bytes/100000?n=[1-10]" \
    "$at/drip?numbytes=2500000&duration=0&n=[1-6]" --loops 3 --per-host 9 \
    --warc "$work/all.warc.gz" --journal "$work/journal" --jsonl "$work/records"
check "an archive" "$status" -eq 0
check "is whole" -z "$(gzip -t "$work/all.warc.gz" 2>&1)"
gzip -dc "$work/all.warc.gz" >"$work/all.warc"
check "it has a response of each" "$(grep -ac '^WARC-Type: response' "$work/all.warc")" -eq 71
check "and its request" "$(grep -ac '^WARC-Type: request' "$work/all.warc")" -eq 76
# Five of the long ones are like the first.
check "and what is there already" "$(grep -ac '^WARC-Type: revisit' "$work/all.warc")" -eq 5
check "a long one is whole" "$(grep -ac '^Content-Length: 25[0-9]*' "$work/all.warc")" -ge 1
check "its index has each" "$(grep -c . "$work/all.cdxj")" -ge 76
check "so has the journal" "$(records "$work/records" ok)" -eq 76

# ---- names of files: no two of them are the same ----

mkdir "$work/files"
run "$at/anything/[1-200]" --loops 3 -o same --output-dir "$work/files" -c 30 \
    --per-host 30
check "two hundred that have one name" "$status" -eq 0
check "are two hundred files" "$(find "$work/files" -type f | grep -c .)" -eq 200
grep -h '"url"' "$work"/files/* | sort -u >"$work/urls"
check "each is another one's" "$(grep -c . "$work/urls")" -eq 200
run "$at/anything/[1-200]" --loops 3 -o 'each/{path}' --output-dir "$work/files" \
    --journal "$work/named" --overwrite
check "a journal of names" "$status" -eq 0
check "has each" "$(grep -c 'each/anything/' "$work/named")" -eq 200
run "$at/anything/[1-200]" --loops 3 -o 'each/{path}' --output-dir "$work/files" \
    --skip-existing --jsonl "$work/records"
check "what is there" "$status" -eq 0
check "is not fetched again" "$(records "$work/records" skipped)" -eq 200

# ---- ordered ----

run "$at/delay/0?n=[1-50]" "$at/anything/[1-50]" --loops 3 --discard --ordered \
    --jsonl "$work/records"
check "ordered" "$status" -eq 0
sed 's/.*"n":\([0-9]*\),.*/\1/' "$work/records" >"$work/order"
sort -n "$work/order" >"$work/sorted"
cmp -s "$work/order" "$work/sorted" || check "as in the list" -z differ

# ---- no more at a time than was said, as the server counts it ----

kill "$httpbin_process"
wait "$httpbin_process" || true
"$httpbin" --port 0 --latency 20 >"$work/httpbin" 2>&1 &
httpbin_process=$!
until_true "httpbin listens again" grep -q 'listening on' "$work/httpbin"
at=$(sed -n 's/.*listening on //p' "$work/httpbin")
run "$at/anything/[1-60]" --loops 3 --discard --per-host 5
check "sixty, five at a time" "$status" -eq 0
run "$at/inflight" --loops 2 -o inflight --output-dir "$work"
most=$(tr -dc '0-9' <"$work/inflight")
check "no more than five at a time were there" "$most" -le 5
check "and more than one" "$most" -gt 1
finish
