#!/bin/sh
# SPDX-License-Identifier: MIT
#
# gdb and perf go through a coroutine's frames to the first, and know that it is.
set -eu
command -v gdb >/dev/null || { echo "no gdb"; exit 77; }
# A program under a sanitizer is traced by that already.
[ -z "${ASAN_OPTIONS:-}${TSAN_OPTIONS:-}" ] || { echo "sanitizer"; exit 77; }

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cat >"$folder/program.c" <<'END'
#include <coil/loop.h>
#include <coil/task.h>
#include <stdlib.h>

static volatile int zero;
static volatile long sum;

__attribute__((noinline)) static int innermost(int n)
{
    for (long i = 0; i < n; i++)
        sum += i;
    return zero;
}

__attribute__((noinline)) static int middle(int n)
{
    volatile char room[64 + zero];

    room[0] = 0;
    return innermost(n) + room[0] + zero;
}

static int outermost(void *arg)
{
    int rc = coil_yield();

    return rc < 0 ? rc : middle(*(int *)arg) + zero;
}

int main(int argc, char **argv)
{
    int n = argc > 1 ? atoi(argv[1]) : 10;

    return coil_run(outermost, &n) < 0;
}
END
"${CC:-cc}" -g -O2 -I"$COIL_SOURCE_DIR/include" "$folder/program.c" \
    "$COIL_BUILD_DIR/libcoil.a" ${COIL_LINK_FLAGS-} -pthread -o "$folder/program"

refuse() {
    echo "$1 says:" >&2
    cat "$2" >&2
    exit 1
}

# ---- gdb ----

gdb -nx -batch -ex 'set debuginfod enabled off' -ex 'break innermost' \
    -ex run -ex bt "$folder/program" >"$folder/gdb" 2>&1 || true
grep -q '^#0 .*innermost' "$folder/gdb" || {
    grep -qi 'ptrace\|cannot\|could not' "$folder/gdb" &&
        { echo "gdb may not trace here"; exit 77; }
    refuse gdb "$folder/gdb"
}
for function in 'middle ' 'outermost ' 'run '; do
    grep -q "^#[0-9]* .*$function" "$folder/gdb" || refuse gdb "$folder/gdb"
done
# The last frame is the bottom, without a complaint about those above it.
tail -n 1 "$folder/gdb" | grep -q '^#[0-9]* .*begin ' || refuse gdb "$folder/gdb"
! grep -qi 'corrupt\|stopped' "$folder/gdb" || refuse gdb "$folder/gdb"

# ---- perf ----

command -v perf >/dev/null || exit 0
# perf finds frames by this section, which musl-gcc has none of.
readelf -S "$folder/program" 2>/dev/null | grep -q eh_frame_hdr || exit 0
perf record -q -e cpu-clock --call-graph dwarf,16384 -F 199 \
    -o "$folder/data" "$folder/program" 300000000 >"$folder/perf" 2>&1 || exit 0
perf script -i "$folder/data" -F ip,sym >"$folder/perf" 2>/dev/null || exit 0
grep -q innermost "$folder/perf" || exit 0
# Below each sample of `innermost` come its callers, and `begin` is the last.
awk '
/^$/ { if (last != "" && seen) { total++; if (last == "begin") good++ }
       seen = 0; last = ""; next }
{ last = $2; if ($2 == "innermost") seen = 1 }
END { exit !(total > 0 && good * 10 >= total * 9) }' "$folder/perf" ||
    { head -30 "$folder/perf" >&2; echo "perf does not reach begin" >&2; exit 1; }
