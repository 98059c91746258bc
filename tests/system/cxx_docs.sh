#!/bin/sh
# SPDX-License-Identifier: MIT
#
# The programs of docs/cplusplus.md print what the page says: each ```cpp block
# and the ```text block that follows it.
set -eu
[ -n "${CXX:-}" ] || { echo "${COIL_NO_CXX:-there is no C++ compiler}"; exit 77; }
[ -z "${TSAN_OPTIONS:-}" ] || { echo "the thread sanitizer's build"; exit 77; }
flags=
[ -z "${ASAN_OPTIONS:-}" ] || flags=-fsanitize=address,undefined

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
awk -v folder="$folder" '
!inside && /^```cpp$/ { inside = 1; out = sprintf("%s/%d.cc", folder, ++n); next }
!inside && /^```text$/ && n > told { inside = 1; told = n; out = sprintf("%s/%d.expected", folder, n); next }
!inside && /^```text$/ { inside = 1; out = "/dev/null"; next }
/^```$/ { inside = 0; close(out); next }
inside { print > out }
' "$COIL_SOURCE_DIR/docs/cplusplus.md"

count=0
for program in "$folder"/*.cc; do
    name=${program%.cc}
    # shellcheck disable=SC2086
    "$CXX" -std=c++17 -Wall -Wextra -Werror -O1 $flags \
        -I"$COIL_SOURCE_DIR/include" "$program" "$COIL_BUILD_DIR/libcoil.a" \
        ${COIL_LINK_FLAGS-} -pthread -ldl -o "$name"
    # On the simulator the order does not depend on how busy the machine is.
    COIL_BACKEND=simulator "$name" >"$name.output"
    diff -u "$name.expected" "$name.output"
    count=$((count + 1))
done
[ "$count" -ge 2 ] || { echo "$count programs in docs/cplusplus.md" >&2; exit 1; }
