#!/bin/sh
# SPDX-License-Identifier: MIT
#
# coil-fetch is killed at random moments and goes on: no URL is lost, few are fetched
# twice, and each has one record.  FETCH_KILLS says how often (20), SEED when; with
# FETCH_FILES bodies go to files, and what has its final name is whole; with
# FETCH_ORDERED records are in order, and an archive has each good response once.
set -eu
. "$COIL_SOURCE_DIR/tests/fetch/lib/fleet.sh"
kills=${FETCH_KILLS:-20}
seed=${SEED:-$$}
places=8
with_files=${FETCH_FILES:-}
is_ordered=${FETCH_ORDERED:-}
echo "seed $seed"

# So many random numbers below a third of a second.
awk -v seed="$seed" -v n="$kills" \
    'BEGIN { srand(seed); for (i = 0; i < n; i++) print rand() / 3 }' >"$work/moments"

begin_round()
{
    start_fleet --seed "$seed" --hosts 3 --urls 300 --faults 50 --limited 0 \
        --latency 5000-60000 --size 1000-400000 --limit 4
    list_urls >"$work/list"
    # shellcheck disable=SC2086
    "$fleet" $fleet_options script >"$work/script"
    rm -rf "$work/files" "$work/journal" "$work/records" "$work/archive"*
    killed=0
}

go_on() # in the background
{
    if [ -n "$with_files" ]; then
        set -- -o "$work/files/{path}"
    else
        set -- --discard
    fi
    [ -z "$is_ordered" ] || set -- "$@" --ordered --warc "$work/archive.warc.gz"
    "$fetch" -s -i "$work/list" -c $places --per-host 4 --retries 5 \
        --retry-delay 20ms "$@" --journal "$work/journal" \
        --jsonl "$work/records" --resume >"$work/out" 2>"$work/err" </dev/null &
    client=$!
}

look_at_files() # fails if one of them is not whole
{
    [ -n "$with_files" ] || return 0
    while read -r name _ _ _ size _; do
        [ -e "$work/files/u/$name" ] || continue
        got=$(wc -c <"$work/files/u/$name")
        [ "$got" -eq "$size" ] || echo "$name has $got bytes of $size"
    done <"$work/script" >"$work/half"
    if [ -s "$work/half" ]; then
        echo "FAILED: after $killed kills, seed $seed: half files have final names"
        head -n 5 "$work/half"
        exit 1
    fi
}

look_at_archive()
{
    [ -n "$is_ordered" ] || return 0
    sed -n 's/^{"v":1,"n":\([0-9]*\),.*/\1/p' "$work/records" >"$work/numbers"
    check "the records are in order" -z "$(seq 300 | diff - "$work/numbers")"
    gzip -dc "$work/archive.warc.gz" | tr -d '\r' | awk '
        /^WARC\/1/ { type = ""; uri = ""; cut = 0 }
        /^WARC-Truncated: / && $2 != "length" { cut = 1 }
        /^WARC-Type: / { type = $2 }
        /^WARC-Target-URI: / { uri = $2 }
        /^HTTP\/1.1 200/ && !cut && (type == "response" || type == "revisit") { print uri }
    ' | sort >"$work/archived"
    check "the archive has each good response" -z \
        "$(sort -u "$work/archived" | diff - "$work/wanted")"
    check "the archive has none twice" -z "$(uniq -d "$work/archived")"
}

end_round()
{
    look_at_files
    stop_fleet
    check "no URL is missing after $killed kills" "$(number missing)" -eq 0
    check "those under way may be fetched twice" \
        "$(number doubled)" -le $((killed * places))
    [ -z "$with_files" ] || check "each has a file" \
        "$(find "$work/files/u" -type f -name '[0-9]*' ! -name '*.*' | wc -l)" -eq 300
    cut -f2 "$work/list" | sort >"$work/wanted"
    # Line by line: what the kill has cut off is no record.
    grep -o '"url": *"[^"]*"' "$work/records" | sed 's/.*"\(http[^"]*\)"/\1/' |
        sort -u >"$work/recorded"
    check "each has a record" -z "$(comm -23 "$work/wanted" "$work/recorded")"
    check "no record is there twice" "$(records "$work/records" ok)" -eq 300
    look_at_archive
}

begin_round
while read -r moment; do
    go_on
    sleep "$moment"
    kill -9 "$client" 2>/dev/null || true
    status=0
    wait "$client" 2>/dev/null || status=$?
    client=
    if [ "$status" -eq 137 ]; then
        killed=$((killed + 1))
        look_at_files
        continue
    fi
    check "it came to its end" "$status" -eq 0
    end_round
    begin_round
done <"$work/moments"
go_on
status=0
wait "$client" || status=$?
client=
check "it came to its end" "$status" -eq 0
end_round
finish
