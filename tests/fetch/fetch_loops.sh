#!/bin/sh
# SPDX-License-Identifier: MIT
#
# coil-fetch --loops: what comes of a list, what servers see, and how it ends are the
# same on several loops.
set -eu
. "$COIL_SOURCE_DIR/tests/fetch/lib/fleet.sh"

begin() # OPTION...: in the background; `client` is its process.
{
    "$fetch" "$@" >"$work/out" 2>"$work/err" </dev/null &
    client=$!
}

end() # sets `status`
{
    status=0
    wait "$client" || status=$?
    client=
}

# What a run has left, without what is another one each time: times, addresses of
# connections, and which of equal numbers was first.
outcomes() # RECORDS
{
    sed 's/.*"n":\([0-9]*\),.*"class":"\([a-z_]*\)","status":\([0-9a-z]*\).*"attempts":\([0-9]*\).*"bytes":\([0-9]*\).*"file":\([^,]*\),"sha256":\([^,]*\).*/\1 \2 \3 \4 \5 \6 \7/' \
        "$1" | sort -n
}

journalled() # JOURNAL: number, class and status of each URL that is done
{
    sed -n 's/^\([0-9]*\) [0-9a-f]* \([0-9]* [0-9]*\)$/\1 \2/p' "$1" | sort -n
}

# ---- the same list, on one loop and on three ----

for loops in 1 3; do
    start_fleet --hosts 12 --urls 360 --faults 100 --limited 0 \
        --latency 0-4000 --limit 3 --global 24
    list_urls | sed "s/:$port/:PORT/" >"$work/list.$loops"
    list_urls >"$work/list"
    mkdir "$work/files.$loops"
    (
        cd "$work/files.$loops"
        exec timeout -k 1 120 "$fetch" -i "$work/list" -c 24 --per-host 3 \
            --retry-delay 20ms --loops $loops -o '{host}/{path}' --sha256 \
            --journal "$work/journal.$loops" --jsonl "$work/records.$loops" \
            --summary json
    ) >"$work/out" 2>"$work/err" </dev/null || status=$?
    check "$loops loops: all are fetched" "${status:-0}" -eq 0
    stop_fleet
    check "$loops loops: none is missing" "$(number missing)" -eq 0
    check "$loops loops: none comes twice" "$(number doubled)" -eq 0
    check "$loops loops: no more requests than it takes" \
        "$(number requests_more)" -eq 0
    check "$loops loops: the limit of each host" "$(number over_limit)" -eq 0
    check "$loops loops: the limit of all" "$(number over_global)" -eq 0
    sed -i "s/:$port/:PORT/g" "$work/records.$loops"
    outcomes "$work/records.$loops" >"$work/outcomes.$loops"
    journalled "$work/journal.$loops" >"$work/journalled.$loops"
    sed -n 's/.*\("urls":{.*"made":[0-9]*\),.*\("bytes":[0-9]*\),"rate".*/\1 \2/p' \
        "$work/err" >"$work/counts.$loops"
    port=
done
check "a file for each" "$(find "$work/files.3" -type f | grep -c .)" -eq 360
diff -r "$work/files.1" "$work/files.3" >"$work/differ" 2>&1 || true
check "the files are the same" ! -s "$work/differ"
check "an outcome for each" "$(grep -c ' ok 200 ' "$work/outcomes.3")" -eq 360
cmp -s "$work/outcomes.1" "$work/outcomes.3" ||
    check "the records are the same" -z differ
check "there are counts" -s "$work/counts.1"
cmp -s "$work/counts.1" "$work/counts.3" ||
    check "and the counts are the same" -z differ
check "the journal has each" "$(grep -c . "$work/journalled.3")" -eq 360
cmp -s "$work/journalled.1" "$work/journalled.3" ||
    check "the journals are the same" -z differ

# ---- other loops do it: each has a connection of its own, by HTTP/2 ----

start_fleet --hosts 1 --urls 6 --faults 0 --limited 0 --latency 60000000 --limit 6
list_urls >"$work/list"
rm -f "$work/records"
sockets() { find "/proc/$client/fd" -lname 'socket:*' 2>/dev/null | grep -c .; }
is_over() # asked to end, again and again
{
    kill -INT "$client" 2>/dev/null || return 0
    # A process that has ended and was not waited for has a state of Z.
    grep -q '^State:.Z' "/proc/$client/status" 2>/dev/null ||
        [ ! -e "/proc/$client" ]
}
for loops in 1 3; do
    begin -i "$work/list" --discard --per-host 6 --loops $loops \
        --http2-prior-knowledge
    until_true "six are under way" has_requests $((6 * ((loops + 1) / 2)))
    check "$loops loops have so many connections" "$(sockets)" -eq $loops
    # What is under way on other loops is given up at once.
    until_true "it ends without its answers" is_over
    end
    check "interrupted twice, with $loops loops" "$status" -eq 130
done
begin -i "$work/list" --discard --per-host 6 --loops 3 --deadline 0.3s
end
check "the deadline, on three loops" "$status" -eq 4
begin -i "$work/list" --discard --per-host 6 --loops 3 --timeout 0.3s \
    --retries 0 --jsonl "$work/records"
end
check "six that time out" "$status" -eq 1
check "each of them is told" "$(records "$work/records" timeout)" -eq 6
stop_fleet

# ---- interrupted, and on ----

start_fleet --hosts 2 --urls 24 --faults 0 --limited 0 --latency 1500000
list_urls >"$work/list"
rm -f "$work/journal" "$work/records"
begin -i "$work/list" -c 6 --per-host 3 --loops 3 --discard \
    --journal "$work/journal" --jsonl "$work/records"
until_true "six are under way" has_requests 6
kill -INT "$client"
end
check "interrupted" "$status" -eq 130
look
before=$(number requests)
check "what was under way is done" "$(number fetched)" -eq "$before"
check "nothing else has begun" "$before" -lt 24
check "it has records" "$(records "$work/records" ok)" -eq "$before"
stop_fleet
start_fleet --hosts 2 --urls 24 --faults 0 --limited 0 --latency 0 --port "$port"
run -i "$work/list" -c 6 --loops 2 --discard --journal "$work/journal" --resume \
    --jsonl "$work/records"
check "it goes on, on two loops" "$status" -eq 0
stop_fleet
check "with what was left" "$(number requests)" -eq $((24 - before))
check "and its records are whole" "$(records "$work/records" ok)" -eq 24

# ---- who is told to come later is left alone by all loops ----

start_fleet --hosts 1 --urls 12 --faults 0 --limited 1000 --window 1 \
    --latency 20000 --limit 4
list_urls >"$work/list"
run -i "$work/list" --discard --per-host 4 --loops 3
check "429 for each of twelve" "$status" -eq 0
stop_fleet
check_kept_off 12

# ---- bodies come no faster than they may, by all loops together ----

start_fleet --hosts 3 --urls 9 --faults 0 --limited 0 --latency 0 --size 100000
list_urls >"$work/list"
began=$(date +%s%N)
run -i "$work/list" --discard --loops 3 --limit-rate 900000
took=$((($(date +%s%N) - began) / 1000000))
check "nine bodies of 100 kB" "$status" -eq 0
check "at 900 kB a second" "$took" -ge 900

# ---- how it ends ----

run -i "$work/list" "http://127.1.0.1:$port/status/500" --discard --loops 3 \
    --retries 0
check "one failure among nine" "$status" -eq 1
run -i "$work/list" --discard --loops 0
check "as many loops as processors" "$status" -eq 0
run -i "$work/list" --discard --loops 1025
check "too many loops" "$status" -eq 2
run -i "$work/list" --discard --loops -1
check "fewer than none" "$status" -eq 2
run -i "$work/list" --discard --loops 3 --cacert "$work/no-such-file"
check "no certificates" "$status" -eq 3
status=0
(
    ulimit -n 20
    exec timeout -k 1 60 "$fetch" -i "$work/list" --discard --loops 12
) >"$work/out" 2>"$work/err" </dev/null || status=$?
check "no descriptors for so many loops" "$status" -eq 3
check "it says so" -n "$(grep 'coil-fetch: ' "$work/err")"
run -i "$work/list" --loops 3 --dry-run
check "a dry run" "$(grep -c 'http://' "$work/out")" -eq 9
stop_fleet
finish
