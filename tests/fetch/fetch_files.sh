#!/bin/sh
# SPDX-License-Identifier: MIT
#
# coil-fetch writes bodies to files: each is whole or has no name, whoever answers,
# whoever interrupts, and however full the disk is.
set -eu
. "$COIL_SOURCE_DIR/tests/fetch/lib/fleet.sh"

# ---- bodies go to files ----

start_fleet --hosts 3 --urls 50 --faults 100 --limited 0 --latency 0 \
    --size 0-70000
list_urls >"$work/list"
run -i "$work/list" -o "$work/files/{path}" --retry-delay 50ms
check "bodies go to files" "$status" -eq 0
# shellcheck disable=SC2086
"$fleet" $fleet_options script | while read -r name _ _ _ size _; do
    got=$(wc -c <"$work/files/u/$name" || true)
    [ "${got:-none}" = "$size" ] || echo "$name has $got bytes of $size"
done >"$work/wrong"
check "each file has its bytes" ! -s "$work/wrong"
check "there are no others" "$(find "$work/files" -type f | wc -l)" -eq 50
stop_fleet

# ---- hostile servers leave no files ----

start_fleet --hosts 1 --urls 5 --faults 0 --limited 0 --latency 0
list_urls >"$work/list"
for kind in $("$fleet" kinds); do
    echo "9	http://127.1.0.1:$port/hostile/$kind"
done >>"$work/list"
run -i "$work/list" -o "$work/bad/{path}" -c 100 --per-host 100 --retries 0 \
    --timeout 10s --max-filesize 64k
check "some fail" "$status" -eq 1
# That more came than was promised is no fault of what came.
check "only what was fetched has a file" \
    -z "$(find "$work/bad" -type f ! -path '*/u/*' ! -name 'too-long')"
check "the good ones have files" "$(find "$work/bad/u" -type f | wc -l)" -eq 5
stop_fleet

# ---- interrupted twice ----

start_fleet --hosts 1 --urls 4 --faults 0 --limited 0 --latency 60000000
list_urls >"$work/list"
"$fetch" -i "$work/list" -c 4 --per-host 4 -o "$work/twice/{path}" \
    >"$work/out" 2>"$work/err" </dev/null &
client=$!
until_true "four are under way" has_requests 4
is_over()
{
    kill -INT "$client" 2>/dev/null || return 0
    # A process that has ended and was not waited for has a state of Z.
    grep -q '^State:.Z' "/proc/$client/status" 2>/dev/null ||
        [ ! -e "/proc/$client" ]
}
until_true "it ends without its answers" is_over
status=0
wait "$client" || status=$?
client=
check "interrupted twice" "$status" -eq 130
check "no file was begun under its name" \
    -z "$(find "$work/twice" -type f -path '*/u/[0-9]' 2>/dev/null)"
stop_fleet

# ---- a full disk ----

start_fleet --hosts 4 --urls 40 --faults 0 --limited 0 --latency 0-2000 \
    --size 100000
list_urls >"$work/list"
mkdir "$work/disk" "$work/larger"
cat >"$work/fill.sh" <<END
mount -t tmpfs -o size=2m tmpfs "$work/disk" || exit 77
status=0
timeout -k 1 120 "$fetch" -i "$work/list" -o "$work/disk/{path}" \
    --journal "$work/journal2" >"$work/out" 2>"$work/err" </dev/null || status=\$?
echo \$status >"$work/full-status"
# A disk with more room, with what there is already.
cp -a "$work/disk/." "$work/larger/"
END
root=
[ "$(id -u)" -eq 0 ] || root=--map-root-user
# shellcheck disable=SC2086
if unshare $root -m sh "$work/fill.sh" 2>"$work/unshare"; then
    check "the disk is full" "$(cat "$work/full-status")" -eq 4
    find "$work/larger" -type f -path '*/u/[0-9]*' ! -name '*.*' -size -100000c \
        >"$work/half"
    check "no half file has a name" ! -s "$work/half"
    had=$(find "$work/larger" -type f -size 100000c | wc -l)
    check "some files are there" "$had" -gt 0
    rm -rf "$work/disk"
    mv "$work/larger" "$work/disk"
    run -i "$work/list" -o "$work/disk/{path}" --journal "$work/journal2" --resume
    check "with room it goes on" "$status" -eq 0
    check "and all files are whole" \
        "$(find "$work/disk" -type f -size 100000c | wc -l)" -eq 40
else
    echo "without a full disk: no file systems can be made here"
fi
stop_fleet
finish
