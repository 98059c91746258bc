#!/bin/sh
# SPDX-License-Identifier: MIT
#
# coil-fetch --queue as users of several machines meet it: processes share a Redis that
# this test starts.  They share URLs, one is killed, one stands still, and the Redis
# refuses, has no room, and dies.
set -eu
. "$COIL_SOURCE_DIR/tests/fetch/lib/fleet.sh"
for program in redis-server redis-cli; do
    command -v $program >/dev/null || { echo "skipped: there is no $program"; exit 77; }
done
redis_process=
others=

stop_all()
{
    for process in $redis_process $others; do
        kill -9 "$process" 2>/dev/null || true
    done
    clean_up
}
trap stop_all EXIT

queue=unix://$work/redis.socket
tell() { redis-cli -s "$work/redis.socket" "$@" >"$work/told" 2>&1; }
answers() { tell ping && grep -q PONG "$work/told"; }

start_redis() # OPTION...
{
    redis-server --port 0 --unixsocket "$work/redis.socket" --dir "$work" \
        --save '' "$@" >"$work/redis" 2>&1 &
    redis_process=$!
    until_true "the Redis answers" answers
}

start_durable() { start_redis --appendonly yes --appendfsync always; }

stop_redis()
{
    kill -9 "$redis_process"
    wait "$redis_process" 2>/dev/null || true
    redis_process=
}

# begin NAME OPTION...: a worker in the background; `worker` is its process.
begin()
{
    name=$1
    shift
    "$fetch" --queue "$queue" --discard --jsonl "$work/$name" "$@" \
        >"$work/out" 2>"$work/$name.err" </dev/null &
    worker=$!
    others="$others $worker"
}

end() # PROCESS; sets `status`
{
    status=0
    wait "$1" || status=$?
}

new_queue() # after this nothing is known of what was put before
{
    tell flushall
    rm -f "$work"/a "$work"/b
}

count() # WHAT; of the queue
{
    "$fetch" --queue "$queue" --status >"$work/status"
    sed -n "s/.*\b$1 \([0-9]*\).*/\1/p" "$work/status"
}

# ---- two share 200 URLs of ten hosts ----

start_durable
start_fleet --hosts 10 --urls 200 --faults 0 --limited 0 --latency 5000-30000 --limit 3
list_urls >"$work/list"
begin a -i "$work/list" --per-host 3 -c 10
a=$worker
begin b -i "$work/list" --per-host 3 -c 10
end "$a"
check "one ends well" "$status" -eq 0
end "$worker"
check "the other as well" "$status" -eq 0
check "one has had some" "$(records "$work/a" ok)" -gt 0
check "the other as well" "$(records "$work/b" ok)" -gt 0
check "each URL has one record" "$(cat "$work/a" "$work/b" | grep -c .)" -eq 200
check "the queue knows" "$(count done)" -eq 200
stop_fleet
check "all were fetched" "$(number missing)" -eq 0
check "each once" "$(number requests)" -eq 200
check "never more than three of a host" "$(number over_limit)" -eq 0

# ---- 503 and 429: the host is left alone by all ----

new_queue
start_fleet --hosts 1 --urls 12 --faults 0 --limited 1000 --window 1 \
    --latency 20000 --limit 4
list_urls >"$work/list"
begin a -i "$work/list" --per-host 4
a=$worker
begin b -i "$work/list" --per-host 4
end "$a"
check "one ends well" "$status" -eq 0
end "$worker"
check "the other as well" "$status" -eq 0
stop_fleet
check_kept_off 12

# ---- one is killed: another has its URLs when their leases have ended ----

new_queue
start_fleet --hosts 10 --urls 200 --faults 0 --limited 0 --latency 100000-300000 --limit 3
list_urls >"$work/list"
begin a -i "$work/list" --per-host 3 -c 10 --queue-lease 2s
a=$worker
begin b -i "$work/list" --per-host 3 -c 10 --queue-lease 2s
until_true "some are asked for" has_requests 40
kill -9 "$a"
end "$a"
check "it was killed" "$status" -eq 137
end "$worker"
check "the other does the rest" "$status" -eq 0
check "all are done" "$(count done)" -eq 200
check "none is dead" "$(count dead)" -eq 0
stop_fleet
check "none is missing" "$(number missing)" -eq 0
check "only what was under way is fetched twice" "$(number doubled)" -le 10
# What the last whole lines have; those of the killed one are there before it is done.
check "each has a record" "$(cat "$work/a" "$work/b" |
    grep -o '"url":"[^"]*"' | sort -u | grep -c .)" -eq 200

# ---- one stands still, and has lost its lease when it goes on ----

new_queue
start_fleet --hosts 1 --urls 1 --faults 0 --limited 0 --latency 700000
list_urls >"$work/list"
"$fetch" --queue "$queue" -i "$work/list" -o "$work/files/{path}" \
    --jsonl "$work/a" --queue-lease 500ms >"$work/out" 2>"$work/a.err" </dev/null &
a=$!
others="$others $a"
until_true "it is under way" has_requests 1
kill -STOP "$a"
begin b --queue-lease 500ms
until_true "another has it" has_requests 2
kill -CONT "$a"
end "$a"
check "who has lost it has not failed" "$status" -eq 0
check "it has no record" ! -s "$work/a"
check "it says so" -n "$(grep 'leases were lost' "$work/a.err")"
check "it has no file" -z "$(find "$work/files" -type f 2>/dev/null)"
end "$worker"
check "the other is well" "$status" -eq 0
check "the other has its record" "$(records "$work/b" ok)" -eq 1
check "it is done once" "$(count done)" -eq 1
stop_fleet

# ---- Ctrl-C ----

new_queue
start_fleet --hosts 1 --urls 4 --faults 0 --limited 0 --latency 60000000
list_urls >"$work/list"
begin a -i "$work/list" -c 4
until_true "four are under way" has_requests 4
kill -INT "$worker"
is_told() { grep -q 'nothing more begins' "$work/a.err"; }
until_true "the first one is heard" is_told
kill -INT "$worker"
end "$worker"
check "interrupted twice" "$status" -eq 130
check "they are back in the queue" "$(count queued)" -eq 4
check "no delivery of theirs was used up" "$(count retried)" -eq 0
stop_fleet

# ---- what failed for good, and what is looked at ----

new_queue
start_fleet --hosts 1 --urls 1 --faults 0 --limited 0 --latency 0
run --queue "$queue" "http://127.1.0.1:$port/status/500" \
    "http://127.1.0.1:$port/status/404" --discard --retries 1 --retry-delay 20ms
check "two have failed" "$status" -eq 1
run --queue "$queue" --status
check "the status is a line" "$(cat "$work/out")" = \
    "put 2  done 1  queued 0  delayed 0  leased 0  dead 1  retried 1  expired 0"
run --queue "$queue" --status --summary json
check "or an object" "$(cat "$work/out")" = \
    '{"put":2,"done":1,"queued":0,"delayed":0,"leased":0,"dead":1,"retried":1,"expired":0}'
run --queue "$queue" --dead
check "the dead have a reason" "$(cat "$work/out")" = \
    "http://127.1.0.1:$port/status/500	2	server_error 500"
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

# ---- no room: puts are refused, and the rest goes on ----

new_queue
list_urls >"$work/list"
tell config set maxmemory 1
begin a -i "$work/list"
is_refused() { grep -q 'the queue: .*asked again' "$work/a.err"; }
until_true "it is refused" is_refused
tell config set maxmemory 0
end "$worker"
check "it waits until there is room" "$status" -eq 0
check "its URL is fetched" "$(records "$work/a" ok)" -eq 1
check "that was said once" "$(grep -c 'asked again' "$work/a.err")" -eq 1
stop_fleet

# ---- a master becomes a replica, which takes no writes; it is not asked without end ----

new_queue
start_fleet --hosts 1 --urls 2 --faults 0 --limited 0 --latency 0
list_urls >"$work/list"
mkfifo "$work/pipe"
commands()
{
    tell info stats
    tr -d '\r' <"$work/told" | sed -n 's/^total_commands_processed://p'
}
begin a -i "$work/pipe" --input-format lines
exec 3>"$work/pipe"
head -n 1 "$work/list" >&3
until_true "one is fetched" has_requests 1
tell replicaof 127.0.0.1 1
tail -n 1 "$work/list" >&3
exec 3>&-
until_true "it is refused" is_refused
before=$(commands)
sleep 2
check "it waits between its questions" "$(commands)" -lt $((before + 200))
tell replicaof no one
end "$worker"
check "it goes on with a master" "$status" -eq 0
check "both are done" "$(count done)" -eq 2
stop_fleet

# ---- the Redis dies, and comes back with what it has acknowledged ----

new_queue
start_fleet --hosts 10 --urls 100 --faults 0 --limited 0 --latency 100000-300000 --limit 3
list_urls >"$work/list"
begin a -i "$work/list" --per-host 3 -c 10 --queue-lease 2s
until_true "some are asked for" has_requests 20
stop_redis
start_durable
end "$worker"
check "it goes on" "$status" -eq 0
check "all are done" "$(count done)" -eq 100
stop_fleet
check "none is missing" "$(number missing)" -eq 0

# ---- one that may forget ----

stop_redis
rm -rf "$work/appendonlydir" "$work/appendonly.aof"
start_redis
start_fleet --hosts 1 --urls 1 --faults 0 --limited 0 --latency 0
list_urls >"$work/list"
run --queue "$queue" -i "$work/list" --discard --jsonl "$work/records"
check "it is refused" "$status" -eq 3
check "with what is to be done" -n "$(grep 'appendfsync always' "$work/err")"
check "nothing was begun" ! -e "$work/records"
run --queue "$queue" --status
check "to look is allowed" "$status" -eq 0
run --queue "$queue" -i "$work/list" --discard --allow-volatile
check "or it is allowed" "$status" -eq 0
stop_redis
run --queue "$queue" --status
check "nobody there" "$status" -eq 3
stop_fleet
finish
