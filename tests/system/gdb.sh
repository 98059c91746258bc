#!/bin/sh
# SPDX-License-Identifier: MIT
#
# apps/coil-gdb/coil-gdb.py, on a live process and on a core; and coil-ps on a program
# that uses the shared libcoil.
set -eu

skip() {
    echo "skipped: $1"
    exit 77
}

if [ -n "${ASAN_OPTIONS-}${TSAN_OPTIONS-}" ]; then
    skip "once is enough, in a build without sanitizers"
fi
command -v gdb >/dev/null || skip "no gdb"
gdb -nx -batch -ex 'python import gdb.unwinder' 2>&1 | grep -q . &&
    skip "this gdb has no Python"
source=${COIL_SOURCE_DIR:-$(cd "$(dirname "$0")/../.." && pwd)}
build=${COIL_BUILD_DIR:-$source/build/dev}
[ "$(uname -m)" = x86_64 ] || skip "backtraces of tasks on x86-64 only"
[ -f "$build/libcoil.so" ] || skip "no shared libcoil"

folder=$(mktemp -d)
pid=
finish() {
    [ -z "$pid" ] || kill -9 "$pid" 2>/dev/null || true
    rm -rf "$folder"
}
trap finish EXIT

cat >"$folder/program.c" <<'END'
#include <stdio.h>
#include <coil.h>

static struct coil_lock first = COIL_LOCK_INIT;
static struct coil_lock second = COIL_LOCK_INIT;
static volatile int zero;

struct locks {
    struct coil_lock *mine, *other;
};

__attribute__((noinline)) static int take(struct coil_lock *lock)
{
    return coil_lock_acquire(lock) + zero;
}

static int take_both(void *arg)
{
    struct locks *locks = arg;
    int rc = take(locks->mine);

    if (rc == 0)
        rc = coil_sleep(1000000);
    return rc < 0 ? rc : take(locks->other) + zero;
}

static int rest(void *arg)
{
    (void)arg;
    return coil_sleep(1000 * COIL_SECOND) + zero;
}

static int wait_for_all(void *arg)
{
    static const struct coil_task_options a = { .name = "a" };
    static const struct coil_task_options b = { .name = "b" };
    static struct locks ab = { &first, &second };
    static struct locks ba = { &second, &first };
    struct coil_task_group group;
    int rc = coil_task_group_begin(&group);

    (void)arg;
    if (rc < 0)
        return rc;
    rc = coil_task_group_create_with(&group, NULL, take_both, &ab, &a);
    if (rc == 0)
        rc = coil_task_group_create_with(&group, NULL, take_both, &ba, &b);
    if (rc == 0)
        rc = coil_task_group_create(&group, NULL, rest, NULL);
    if (rc == 0)
        rc = coil_sleep(20000000);
    puts("ready");
    fflush(stdout);
    return coil_task_group_end(&group, rc);
}

int main(void)
{
    return coil_run(wait_for_all, NULL) < 0;
}
END
"${CC:-cc}" -g -O1 -fstack-clash-protection -I"$source/include" \
    -o "$folder/program" "$folder/program.c" \
    -L"$build" -lcoil -Wl,-rpath,"$build" -pthread

await_ready() {
    tries=0
    until grep -q ready "$folder/out" 2>/dev/null; do
        tries=$((tries + 1))
        [ "$tries" -lt 100 ] || { echo "the program does not begin"; exit 1; }
        sleep 0.1
    done
}

"$folder/program" >"$folder/out" &
pid=$!
await_ready

# expect WHAT PATTERN...: in $folder/text.
expect() {
    what=$1
    shift
    for pattern; do
        grep -Eq -- "$pattern" "$folder/text" || {
            echo "$what does not say: $pattern"
            cat "$folder/text"
            exit 1
        }
    done
}

# look WHERE ARGUMENT...
look() {
    where=$1
    shift
    gdb -nx -batch -ex "set debuginfod enabled off" "$@" \
        -ex "source $source/apps/coil-gdb/coil-gdb.py" \
        -ex "coil tasks" -ex "coil bt a" -ex "coil bt nobody" \
        >"$folder/text" 2>&1 || true
    if grep -Eq "ptrace: Operation not permitted|ptrace: No such" \
        "$folder/text"; then
        skip "this system lets nobody look at another process"
    fi
    expect "$where" \
        '^loop 0x.*: running, 4 tasks$' \
        ' a +waits for lock second, held by b .* Task-1 ' \
        ' b +waits for lock first, held by a .* Task-1 ' \
        'Task-1 +waits for task group 0x' \
        '^a, made at .*: waits for lock second, held by b$' \
        '^#[0-9]+ .* coil_lock_acquire \(' \
        '^#[0-9]+ .* take \(' \
        '^#[0-9]+ .* take_both \(' \
        'there is no task nobody'
    # It ends where the task began.
    expect "$where" '^#[0-9]+ .* begin \('
}

if [ -x "$build/apps/coil-ps" ]; then
    status=0
    "$build/apps/coil-ps" "$pid" >"$folder/text" || status=$?
    [ "$status" -ne 4 ] ||
        skip "this system lets nobody look at another process"
    expect coil-ps 'waiting, 4 tasks' ' a +waits for lock ' ', held by b'
    "$build/apps/coil-pstree" "$pid" >"$folder/text"
    expect coil-pstree '^  Task-1, made at' '^    a, made at'
fi
look "gdb, live," -p "$pid"
gdb -nx -batch -ex "set debuginfod enabled off" -p "$pid" \
    -ex "source $source/apps/coil-gdb/coil-gdb.py" \
    -ex "coil gcore $folder/core" >"$folder/text" 2>&1 || true
expect "coil gcore" '^Saved corefile'
look "gdb, with a core," "$folder/program" "$folder/core"

# One that the kernel writes.
pattern=$(cat /proc/sys/kernel/core_pattern 2>/dev/null || echo '|')
case $pattern in
'|'* | */*) exit 0 ;;
esac
ulimit -c unlimited 2>/dev/null || exit 0
kill -9 "$pid"
rm -f "$folder/core" "$folder/out"
cd "$folder"
./program >out &
pid=$!
await_ready
kill -ABRT "$pid"
wait "$pid" 2>/dev/null || true
pid=
for core in "$folder"/core.*[0-9] "$folder/core"; do
    [ -f "$core" ] || continue
    look "gdb, with the kernel's core," "$folder/program" "$core"
    break
done
