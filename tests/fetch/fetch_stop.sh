#!/bin/sh
# SPDX-License-Identifier: MIT
#
# coil-fetch is stopped by signals, and has few descriptors.  What it has begun is
# kept, and it goes on.
set -eu
. "$COIL_SOURCE_DIR/tests/fetch/lib/fleet.sh"

# begin OPTION...: in the background; `client` is its process.
begin()
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

# ---- Ctrl-C: what is under way is done, and nothing begins ----

start_fleet --hosts 2 --urls 20 --faults 0 --limited 0 --latency 1500000
list_urls >"$work/list"
begin -i "$work/list" -c 4 --per-host 4 --discard --journal "$work/journal" \
    --jsonl "$work/records"
until_true "four are under way" has_requests 4
kill -INT "$client"
end
check "interrupted" "$status" -eq 130
look
check "what was under way is done" "$(number fetched)" -eq "$(number requests)"
check "nothing else has begun" "$(number requests)" -lt 20
check "it has records" "$(records "$work/records" ok)" -eq "$(number requests)"
stop_fleet

# The same hosts, faster: they know nothing of what was.
before=$(records "$work/records" ok)
start_fleet --hosts 2 --urls 20 --faults 0 --limited 0 --latency 0 --port "$port"
run -i "$work/list" -c 4 --discard --journal "$work/journal" --resume \
    --jsonl "$work/records"
check "it goes on" "$status" -eq 0
stop_fleet
check "with what was left" "$(number requests)" -eq $((20 - before))
check "and its records are whole" "$(records "$work/records" ok)" -eq 20

# ---- Ctrl-C twice: it ends at once ----

start_fleet --hosts 1 --urls 4 --faults 0 --limited 0 --latency 60000000
list_urls >"$work/list"
begin -i "$work/list" -c 4 --per-host 4 --discard
until_true "four are under way" has_requests 4
kill -USR1 "$client"
until_true "SIGUSR1 shows the state" test -s "$work/err"
kill -INT "$client"
# A process that has ended and was not waited for has a state of Z.
has_ended()
{
    grep -q '^State:.Z' "/proc/$client/status" 2>/dev/null ||
        [ ! -e "/proc/$client" ]
}
is_over()
{
    kill -INT "$client" 2>/dev/null || return 0
    has_ended
}
until_true "it ends without its answers" is_over
end
check "interrupted twice" "$status" -eq 130

# ---- Ctrl-C after --fail-fast: nothing begins already, so once is enough ----

rm -f "$work/records"
begin -i "$work/list" "http://127.1.0.1:$port/status/500" --discard --per-host 5 \
    --retries 0 --fail-fast --jsonl "$work/records"
has_failure() { [ -e "$work/records" ] && grep -q server_error "$work/records"; }
until_true "the first failure" has_failure
kill -INT "$client"
until_true "it ends without its answers" has_ended
end
check "stopped by a failure" "$status" -eq 1
stop_fleet

# ---- few descriptors ----

start_fleet --hosts 60 --urls 600 --faults 0 --limited 0 --latency 0-20000
list_urls >"$work/list"
status=0
(
    ulimit -n 40
    exec timeout -k 1 120 "$fetch" -i "$work/list" -c 1000 --discard
) >"$work/out" 2>"$work/err" </dev/null || status=$?
check "forty descriptors" "$status" -eq 0
stop_fleet
check "do for six hundred URLs" "$(number fetched)" -eq 600

finish
