#!/bin/sh
# SPDX-License-Identifier: MIT
#
# coil-fetch --queue file:FOLDER: one process at a time, and the next one goes on with
# what the last one left: after its end, after SIGINT, and after kill -9.
set -eu
. "$COIL_SOURCE_DIR/tests/fetch/lib/fleet.sh"
worker=

stop_all()
{
    [ -z "$worker" ] || kill -9 "$worker" 2>/dev/null || true
    clean_up
}
trap stop_all EXIT

queue=file:$work/queue

# begin NAME OPTION...: a run in the background; `worker` is its process.
begin()
{
    name=$1
    shift
    "$fetch" --queue "$queue" --discard --jsonl "$work/$name" "$@" \
        >"$work/out" 2>"$work/$name.err" </dev/null &
    worker=$!
}

end() # sets `status`
{
    status=0
    wait "$worker" || status=$?
    worker=
}

new_queue()
{
    rm -rf "$work/queue"
    rm -f "$work"/a "$work"/b
}

count() # WHAT; of the queue
{
    "$fetch" --queue "$queue" --status >"$work/status"
    sed -n "s/.*\b$1 \([0-9]*\).*/\1/p" "$work/status"
}

# ---- a run, and a second one with the same list ----

start_fleet --hosts 4 --urls 40 --faults 0 --limited 0 --latency 0 --limit 2
list_urls >"$work/list"
run --queue "$queue" -i "$work/list" --per-host 2 --discard --jsonl "$work/a"
check "a run ends well" "$status" -eq 0
check "each URL has a record" "$(records "$work/a" ok)" -eq 40
run --queue "$queue" --status
check "the status is a line" "$(cat "$work/out")" = \
    "put 40  done 40  queued 0  delayed 0  leased 0  dead 0  retried 0  expired 0"
run --queue "$queue" -i "$work/list" --per-host 2 --discard --jsonl "$work/b"
check "another one with the list ends well" "$status" -eq 0
check "it has nothing to do" ! -s "$work/b"
stop_fleet
check "none is missing" "$(number missing)" -eq 0
check "each was fetched once" "$(number requests)" -eq 40

# ---- kill -9 in the middle: the next one does the rest ----

new_queue
start_fleet --hosts 10 --urls 200 --faults 0 --limited 0 --latency 50000-100000 --limit 2
list_urls >"$work/list"
begin a -i "$work/list" --per-host 2 -c 10
until_true "some are asked for" has_requests 60
run --queue "$queue" --status
check "nobody else has it meanwhile" "$status" -eq 3
check "and that is said" -n "$(grep 'queue' "$work/err")"
kill -9 "$worker"
end
check "it was killed" "$status" -eq 137
left=$(count queued)
done_before=$(count done)
check "some are done" "$done_before" -gt 0
check "some are left" "$left" -gt 0
check "all that were under way can be had" "$((left + done_before))" -eq 200
check "none is leased" "$(count leased)" -eq 0
# Not the list: all 200 were put before the first was fetched.
run --queue "$queue" --per-host 2 -c 10 --discard --jsonl "$work/b"
check "the next one ends well" "$status" -eq 0
check "it does the rest" "$(records "$work/b" ok)" -eq "$left"
check "all are done" "$(count done)" -eq 200
check "none is dead" "$(count dead)" -eq 0
stop_fleet
check "none is missing" "$(number missing)" -eq 0
check "only what was under way is fetched twice" "$(number doubled)" -le 10
check "the limit of a host holds" "$(number over_limit)" -eq 0

# ---- Ctrl-C ----

new_queue
start_fleet --hosts 1 --urls 4 --faults 0 --limited 0 --latency 60000000
list_urls >"$work/list"
begin a -i "$work/list" -c 4 --per-host 4
until_true "four are under way" has_requests 4
kill -INT "$worker"
is_told() { grep -q 'nothing more begins' "$work/a.err"; }
until_true "the first one is heard" is_told
kill -INT "$worker"
end
check "interrupted twice" "$status" -eq 130
check "they are back in the queue" "$(count queued)" -eq 4
check "no delivery of theirs was used up" "$(count retried)" -eq 0
stop_fleet

# ---- what failed for good ----

new_queue
start_fleet --hosts 1 --urls 1 --faults 0 --limited 0 --latency 0
bad=http://127.1.0.1:$port/status/500
run --queue "$queue" "$bad" "http://127.1.0.1:$port/status/404" --discard \
    --retries 1 --retry-delay 20ms
check "two have failed" "$status" -eq 1
run --queue "$queue" --status --summary json
check "the status is an object" "$(cat "$work/out")" = \
    '{"put":2,"done":1,"queued":0,"delayed":0,"leased":0,"dead":1,"retried":1,"expired":0}'
run --queue "$queue" --dead
check "the dead have a reason" "$(cat "$work/out")" = "$bad	2	server_error 500"
run --queue "$queue" --dead --summary json
check "and are objects" -n "$(grep '"deliveries":2,"reason":"server_error 500"' "$work/out")"
run --queue "$queue" --revive
check "one is revived" "$(cat "$work/out")" = "1 revived"
check "it waits" "$(count queued)" -eq 1
run --queue "$queue" --discard --retries 0
check "it fails once more" "$status" -eq 1
check "and is dead again" "$(count dead)" -eq 1
run --queue "$queue" --queue-name other --status
check "another name is another queue" -n "$(grep '^put 0 ' "$work/out")"
stop_fleet

# ---- a folder that cannot be one ----

: >"$work/file"
run --queue "file:$work/file" --status
check "a file is no queue" "$status" -eq 3
finish
