#!/bin/sh
# SPDX-License-Identifier: MIT
#
# coil-ps --json and --leaks, coil-profile and coil-top on a program without symbols that uses a
# libcoil without symbols: tasks, waits and holders are told all the same.  So are they when the
# files of both have been replaced, as by an upgrade, and when they have been deleted.
set -eu

skip() {
    echo "skipped: $1"
    exit 77
}

if [ -n "${ASAN_OPTIONS-}${TSAN_OPTIONS-}" ]; then
    skip "once is enough, in a build without sanitizers"
fi
source=${COIL_SOURCE_DIR:-$(cd "$(dirname "$0")/../.." && pwd)}
build=${COIL_BUILD_DIR:-$source/build/dev}
[ -f "$build/libcoil.so" ] || skip "no shared libcoil"
[ -x "$build/apps/coil-profile" ] || skip "no coil-profile"
command -v strip >/dev/null || skip "no strip"

folder=$(mktemp -d)
pid=
finish() {
    [ -z "$pid" ] || kill -9 "$pid" 2>/dev/null || true
    rm -rf "$folder"
}
trap finish EXIT

cat >"$folder/program.c" <<'END'
#include <stdio.h>
#include <stdlib.h>
#include <coil.h>

static struct coil_lock lock = COIL_LOCK_INIT;

static int hold(void *arg)
{
    int rc = coil_lock_acquire(arg);

    return rc < 0 ? rc : coil_sleep(1000 * COIL_SECOND);
}

static int want(void *arg)
{
    return coil_lock_acquire(arg);
}

static int wait_in_vain(void *arg)
{
    return coil_event_wait(arg);
}

static int start(void *arg)
{
    struct coil_task *task;
    int rc = coil_task_create_with(
        NULL, hold, &lock, &(struct coil_task_options){ .name = "holder" });

    (void)arg;
    if (rc == 0)
        rc = coil_task_create_with(
            &task, want, &lock,
            &(struct coil_task_options){ .name = "wanter" });
    if (rc == 0)
        rc = coil_task_create_with(
            NULL, wait_in_vain, calloc(1, sizeof(struct coil_event)),
            &(struct coil_task_options){ .name = "lost" });
    if (rc == 0)
        rc = coil_sleep(COIL_MILLISECOND);
    puts("ready");
    fflush(stdout);
    return rc < 0 ? rc : coil_task_await(task);
}

int main(void)
{
    return coil_run_status(coil_run(start, NULL));
}
END
# shellcheck disable=SC2086
${CC:-cc} -O1 -s -I "$source/include" "$folder/program.c" -o "$folder/program" \
    -L "$build" -lcoil ${COIL_LINK_FLAGS-}
library=$(basename "$(readlink -f "$build/libcoil.so")")
cp "$build/$library" "$folder/"
strip "$folder/$library"
for name in $(cd "$build" && ls -d libcoil.so*); do
    [ -e "$folder/$name" ] || ln -s "$library" "$folder/$name"
done
mkfifo "$folder/said"
LD_LIBRARY_PATH=$folder "$folder/program" >"$folder/said" 2>"$folder/errors" &
pid=$!
read -r said <"$folder/said"
[ "$said" = ready ] || { cat "$folder/errors"; exit 1; }

# look PROGRAM OPTION... -- TEXT...: its output has each text.
look() {
    program=$1
    shift
    options=
    while [ "$1" != -- ]; do
        options="$options $1"
        shift
    done
    shift
    status=0
    # shellcheck disable=SC2086
    "$build/apps/$program" $options "$pid" >"$folder/output" 2>&1 || status=$?
    [ "$status" -ne 4 ] || skip "this system lets nobody read another process"
    if [ "$status" -ne 0 ]; then
        echo "$program exits with $status"
        cat "$folder/output"
        exit 1
    fi
    for text in "$@"; do
        grep -q -e "$text" "$folder/output" || {
            echo "$program does not say: $text"
            cat "$folder/output"
            exit 1
        }
    done
}

look coil-ps --json --frames -- '"name":"holder"' '"reason":"lock"' \
    '"holder":{"id":[0-9]*,"name":"holder"'
look coil-ps --leaks -- '^1 of 4 tasks can never wake' ' lost  *waits for event '
look coil-profile -d 0.3 --wait -- 'hottest: lock 0x' 'held by holder (made at '
look coil-profile -d 0.3 --collapsed -- ';wanter (.*;waits for lock 0x'
look coil-top --once -i 0.1 -- ' lock .*wanter (' ' lock 0x.* holder$'

for name in "$library" program; do
    echo "not the same" >"$folder/new"
    mv "$folder/new" "$folder/$name"
done
look coil-ps --json -- '"name":"holder"' '"holder":{"id":[0-9]*,"name":"holder"'
rm "$folder/$library" "$folder/program"
look coil-ps --leaks -- '^1 of 4 tasks can never wake' ' lost  *waits for event '
