#!/bin/sh
# SPDX-License-Identifier: MIT
#
# coil-fetch as a user meets it: its exit statuses, what servers see of it, and what
# it says where.
set -eu
. "$COIL_SOURCE_DIR/tests/fetch/lib/fleet.sh"

# ---- statuses ----

start_fleet --hosts 1 --urls 6 --faults 0 --limited 0 --latency 0
list_urls >"$work/list"
run -i "$work/list" --discard --jsonl "$work/records"
check "six that are well" "$status" -eq 0
check "a record for each" "$(records "$work/records")" -eq 6
check "all are well" "$(records "$work/records" ok)" -eq 6

sed "3s,.*,0	http://127.1.0.1:$port/status/500," "$work/list" >"$work/one-bad"
run -i "$work/one-bad" --discard --retries 0 --jsonl "$work/records"
check "one 500 among six" "$status" -eq 1
check "it has a record of its own" "$(records "$work/records" server_error)" -eq 1
check "the others are fetched" "$(records "$work/records" ok)" -eq 5
check "the error names the URL" -n "$(grep "/status/500" "$work/err")"

run --no-such-option
check "an unknown option" "$status" -eq 2
{
    cat "$work/list"
    echo "no URL at all"
} >"$work/bad-line"
run -i "$work/bad-line" --discard --jsonl "$work/records"
check "a line that is no URL" "$status" -eq 2
check "the others are fetched all the same" \
    "$(records "$work/records" ok)" -eq 6
run -i "$work/no-such-file" --discard
check "no list" "$status" -eq 3
run -i "$work/list" --discard --jsonl "$work/no/such/folder"
check "nowhere to write" "$status" -eq 3
: >"$work/empty"
run -i "$work/empty" --discard
check "an empty list" "$status" -eq 0
run -i "$work/empty" --discard --require-urls
check "an empty list that should not be empty" "$status" -eq 2
run "http://127.1.0.1:$port/hostile/silent" --discard --deadline 0.2s
check "the deadline of the run" "$status" -eq 4

# ---- what is said ----

run -s -i "$work/list" --discard
check "silent, its output" ! -s "$work/out"
check "silent, its errors" ! -s "$work/err"
run -i "$work/list" --discard
for i in $(seq 40); do echo "ftp://h/$i"; done >"$work/forty"
run -i "$work/forty" --discard --jsonl "$work/records"
check "ten failures of a kind are told" "$(grep -c 'ftp://h/.*: bad_input' "$work/err")" -ge 10
check "and no more, but once that they are counted" "$(grep -c 'bad_input' "$work/err")" -eq 11
check "each has a record" "$(records "$work/records" bad_input)" -eq 40
run -v -i "$work/forty" --discard --summary none
check "-v tells all" "$(grep -c 'bad_input' "$work/err")" -eq 40
run -i "$work/list" --discard
# An escape or a carriage return is for a terminal.
check "nothing for terminals in a pipe" \
    -z "$(tr -dc '\033\r' <"$work/err")$(tr -dc '\033\r' <"$work/out")"
stop_fleet

# ---- equal URLs ----

start_fleet --hosts 1 --urls 100 --faults 0 --limited 0 --latency 0-3000
list_urls >"$work/list"
head -n 1 "$work/list" >"$work/first"
for i in 1 2 3; do
    sed 'p;p;p;p;p;p;p;p;p;p' "$work/first" | sed 'p;p;p;p;p;p;p;p;p'
done | head -n 300 >"$work/equal"
check "three hundred lines" "$(grep -c . "$work/equal")" -eq 300
run -i "$work/equal" --discard
check "three hundred equal lines" "$status" -eq 0
look
check "are one request" "$(number requests)" -eq 1
for i in 1 2 3 4 5 6 7 8 9 10; do
    cat "$work/list"
done >"$work/mixed"
run -i "$work/mixed" --discard --jsonl "$work/records"
check "a hundred URLs ten times" "$status" -eq 0
stop_fleet
check "are a hundred requests" "$(number requests)" -eq 101

# ---- Retry-After ----

start_fleet --hosts 1 --urls 12 --faults 0 --limited 1000 --window 1 \
    --latency 20000 --limit 4
list_urls >"$work/list"
run -i "$work/list" --discard --per-host 4 --jsonl "$work/records"
check "429 for each of twelve" "$status" -eq 0
stop_fleet
check_kept_off 12

# ---- faults, limits ----

start_fleet --hosts 20 --urls 400 --faults 200 --limited 0 --latency 0-5000 \
    --limit 3 --global 20
list_urls >"$work/list"
run -i "$work/list" -c 20 --per-host 3 --retries 3 --retry-delay 50ms \
    --discard --jsonl "$work/records"
check "a fifth fails at first" "$status" -eq 0
stop_fleet
check "all are fetched in the end" "$(number missing)" -eq 0
check "none twice" "$(number doubled)" -eq 0
check "no more requests than that takes" "$(number requests_more)" -eq 0
check "the limit of each host" "$(number over_limit)" -eq 0
check "the limit of all" "$(number over_global)" -eq 0
check "one record for each" "$(records "$work/records" ok)" -eq 400

# ---- it begins before its list has ended ----

start_fleet --hosts 1 --urls 3 --faults 0 --limited 0 --latency 0
list_urls >"$work/list"
mkfifo "$work/pipe"
"$fetch" - --discard <"$work/pipe" >"$work/out" 2>"$work/err" &
client=$!
exec 3>"$work/pipe"
head -n 1 "$work/list" >&3
until_true "the first URL is asked for while the list goes on" has_requests 1
tail -n 2 "$work/list" >&3
exec 3>&-
status=0
wait "$client" || status=$?
client=
check "a list that comes bit by bit" "$status" -eq 0
stop_fleet
check "is fetched" "$(number fetched)" -eq 3
finish
