#!/bin/sh
# SPDX-License-Identifier: MIT
#
# The portable stack switch: the core built with -DCOIL_CONTEXT=ucontext, and the
# tests that rest on the switch.
set -eu

# Once is enough, and in a build without sanitizers.
if [ -n "${ASAN_OPTIONS-}${TSAN_OPTIONS-}" ]; then
    exit 77
fi
# musl has no such functions.
echo '#include <ucontext.h>
int main(void) { return swapcontext(0, 0); }' |
    "${CC:-cc}" -x c -o /dev/null - 2>/dev/null || {
    echo "this C library has no swapcontext()"
    exit 77
}
source=${COIL_SOURCE_DIR:-$(cd "$(dirname "$0")/../.." && pwd)}
build=${COIL_BUILD_DIR:-$source/build/dev}/ucontext
tests="context coroutine stack scheduler task loop"

quietly() {
    "$@" >"$build.log" 2>&1 || {
        cat "$build.log"
        exit 1
    }
}

quietly cmake -S "$source" -B "$build" \
    ${CC:+"-DCMAKE_C_COMPILER=$CC"} \
    -DCMAKE_BUILD_TYPE=Debug "-DCMAKE_C_FLAGS_DEBUG=-O1 -g" \
    -DCOIL_CONTEXT=ucontext -DCOIL_BUILD_TESTS=ON "-DCOIL_TEST_LAYERS=context;sched;task;loop" \
    -DCOIL_BUILD_HTTP=OFF -DCOIL_BUILD_EXAMPLES=OFF -DCOIL_BUILD_APPS=OFF \
    -DCOIL_BUILD_BENCH=OFF -DCOIL_INSTALL=OFF
for test in $tests; do
    quietly cmake --build "$build" --parallel 2 --target "test_$test"
done
for test in $tests; do
    echo "== $test"
    "$build/tests/test_$test"
done
