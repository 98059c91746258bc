#!/bin/sh
# SPDX-License-Identifier: MIT
#
# Servers that do what nobody should (bench/fetch/hostile.c): each costs coil-fetch
# no more than the time that a request may take, and little memory; the others are
# fetched meanwhile; and nothing of what they send reaches a terminal.
set -eu
. "$COIL_SOURCE_DIR/tests/fetch/lib/fleet.sh"

start_fleet --hosts 1 --urls 50 --faults 0 --limited 0 --latency 0-2000
list_urls >"$work/good"
kinds=$("$fleet" kinds)
number_of_kinds=$(echo "$kinds" | grep -c .)
check "there are many kinds" "$number_of_kinds" -gt 25
for kind in $kinds; do
    echo "9	http://127.1.0.1:$port/hostile/$kind"
done >"$work/bad"
cat "$work/bad" "$work/good" >"$work/list"

class_of() # KIND
{
    grep "/hostile/$1[\"?]" "$work/records" |
        sed -n 's/.*"class": *"\([a-z_]*\)".*/\1/p' | tail -n 1
}

# The most memory that the process `client` has had, in KiB.
peak_of() { sed -n 's/^VmHWM:[^0-9]*\([0-9]*\).*/\1/p' "/proc/$1/status"; }

# fetch_all NAME OPTION...: the list, with the memory watched.
fetch_all()
{
    name=$1
    shift
    rm -f "$work/records"
    "$fetch" -i "$work/list" -c 100 --per-host 100 --retries 0 --timeout 10s \
        --jsonl "$work/records" "$@" >"$work/out" 2>"$work/err" </dev/null &
    client=$!
    peak=0
    turns=0
    while kill -0 "$client" 2>/dev/null; do
        now=$(peak_of "$client" 2>/dev/null || true)
        [ "${now:-0}" -le "$peak" ] || peak=$now
        [ -n "$now" ] || break
        turns=$((turns + 1))
        [ $turns -lt 1800 ] || give_up "$name: it does not end"
        sleep 0.05
    done
    status=0
    wait "$client" || status=$?
    client=
    check "$name: some failed" "$status" -eq 1
    check "$name: the good ones are fetched" \
        "$(grep -c '"url": *"[^"]*/u/.*"class": *"ok"\|"class": *"ok".*"url": *"[^"]*/u/' \
            "$work/records" || true)" -eq 50
    check "$name: each has one record" \
        "$(records "$work/records")" -eq $((number_of_kinds + 50))
    for kind in $kinds; do
        class=$(class_of "$kind")
        case $kind-$class in
        too-long-ok) ;; # three bytes were promised and came
        *-ok | *- | *-internal) check "$name: $kind is $class" 1 -eq 0 ;;
        esac
    done
    check "$name: nothing for terminals" \
        -z "$(tr -dc '\033\000-\010\016-\037' <"$work/err")"
    # A sanitizer's memory is its own.
    [ -n "${ASAN_OPTIONS:-}${TSAN_OPTIONS:-}" ] ||
        check "$name: memory" "$peak" -le 65536
}

fetch_all dropped --discard
check "who is silent is given up" "$(class_of silent)" = timeout
check "redirects end" "$(class_of redirects)" = redirect
check "two lengths are refused" "$(class_of two-lengths)" = protocol
check "what is cut short is no success" "$(class_of too-short)" = protocol

fetch_all limited --discard --max-filesize 64k
for kind in endless-body endless-length endless-close bomb; do
    check "$kind is too large" "$(class_of $kind)" = too_large
    [ $failures -eq 0 ] || grep "/hostile/$kind\"" "$work/records"
done

stop_fleet
finish
