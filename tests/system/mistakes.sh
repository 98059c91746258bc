#!/bin/sh
# SPDX-License-Identifier: MIT
#
# The programs of docs/mistakes.md print what the page says.  A block of C is
# followed by a block of console: its lines that begin with "$ " are run, each
# followed by what it prints.  ./NAME is the block before, compiled as NAME.c.
# The end of the page says what may vary: plain() below.
set -eu
for sanitizer in "${ASAN_OPTIONS:-}" "${TSAN_OPTIONS:-}" "${UBSAN_OPTIONS:-}"; do
    [ -z "$sanitizer" ] || { echo "a sanitizer has messages of its own"; exit 77; }
done
command -v stdbuf >/dev/null || { echo "no stdbuf"; exit 77; }
page=$COIL_SOURCE_DIR/docs/mistakes.md

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
ulimit -c 0
LC_ALL=C
export LC_ALL
unset COIL_DEBUG COIL_WATCHDOG COIL_BACKEND COIL_DUMP_SIGNAL

# plain NAME: without what may vary.
plain() {
    sed -E '
        s/0x[0-9a-f]+/0x/g
        s/[0-9.]+ (ms|s)\b/T/g
        s/descriptor [0-9]+/descriptor N/
        /^ *#[0-9]+ /{
            / at '"$1"'\.c:[0-9]+$/!d
            s/#[0-9]+/#/
        }
        /warning: .*warn_unused_result/{
            s/^('"$1"'\.c:[0-9]+).*/\1: warn_unused_result/
            p
        }
        /^'"$1"'\.c: In function/d
        /warning: /d
        /^ +[0-9]* \|/d'
}

# uses_http FILE: whether it needs libcoil-http, which may not be built.
uses_http() {
    grep -q "<coil/http" "$1"
}

compile() # NAME
{
    libraries=$COIL_BUILD_DIR/libcoil.a
    ! uses_http "$1.c" ||
        libraries="-L$COIL_BUILD_DIR -Wl,-rpath,$COIL_BUILD_DIR -lcoil-http -lcoil"
    # shellcheck disable=SC2086 # several words
    "$CC" -g -w -I"$COIL_SOURCE_DIR/include" "$1.c" $libraries \
        ${COIL_LINK_FLAGS-} -pthread -ldl -o "$1"
}

# run COMMAND: print what it prints.  The shell's own word on a signal does not
# count.
run() {
    case $1 in
    "cc -c "*) command="$CC -c -I$COIL_SOURCE_DIR/include ${1#cc -c }" ;;
    *) command=$(echo "$1" | sed 's|\./|exec stdbuf -oL ./|') ;;
    esac
    case $1 in
    *=*) command="export ${command%% *}; ${command#* }" ;;
    esac
    (sh -c "$command" </dev/null >output 2>&1) 2>/dev/null || true
    cat output
}

# Block n is n.c, n.console and n.title.
awk '
    /^## / { title = $0 }
    !inside && /^```c( bad)?$/ { inside = 1; out = ++n ".c"; print title > (n ".title"); next }
    !inside && /^```console$/ { inside = 1; out = n ".console"; next }
    /^```$/ { inside = 0; close(out); next }
    inside { print > out }' "$page"

count=0
bad=0
while [ -f "$((count + 1)).c" ]; do
    count=$((count + 1))
    ! uses_http "$count.c" || [ -e "$COIL_BUILD_DIR/libcoil-http.so" ] || continue
    name=$(sed -n '1s/.*[ /]\([a-z]*\)\(\.c\)*$/\1/p' "$count.console")
    mkdir "$name.d"
    mv "$count.c" "$name.d/$name.c"
    plain "$name" <"$count.console" >"$name.expected"
    cd "$name.d"
    grep -q "^\$ cc -c" "../$count.console" || compile "$name"
    sed -n 's/^\$ //p' "../$count.console" >commands
    COIL_WATCHDOG=0
    export COIL_WATCHDOG
    ! grep -q "has been running" "../$count.console" || unset COIL_WATCHDOG
    while read -r line; do
        echo "\$ $line"
        run "$line" 2>/dev/null
    done <commands >printed
    cd ..
    if [ "$count" -eq 1 ] && ! grep -q "at $name.c:" "$name.d/printed"; then
        echo "lines are not known here, or no callers"
        exit 77
    fi
    plain "$name" <"$name.d/printed" >"$name.printed"
    diff -u "$name.expected" "$name.printed" || {
        bad=1
        echo "$(cat "$count.title"): as printed:"
        cat "$name.d/printed"
    }
done
[ "$count" -ge 33 ] || { echo "$count programs in docs/mistakes.md"; exit 1; }
exit "$bad"
