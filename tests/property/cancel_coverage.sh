#!/bin/sh
# SPDX-License-Identifier: MIT
#
# Every function that the public headers mark COIL_SUSPENDS must be in a table of
# tests/property/cancel_everywhere*.c, as CASE(its_name, …); and only such.
set -eu
cd "${COIL_SOURCE_DIR:-$(dirname "$0")/../..}"
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

# Without comments and preprocessor lines, one declaration a line; then the name
# before the first parenthesis.
cat include/coil/*.h |
    sed -e 's|/\*.*\*/||' -e '/\/\*/,/\*\//d' -e '/^ *#/d' |
    tr '\n' ' ' | tr ';{}' '\n\n\n' |
    sed -n '/COIL_SUSPENDS/s/^[^(]*[ *]\(coil_[a-z0-9_]*\)(.*/\1/p' |
    sort -u >"$work/declared"
cat tests/property/cancel_everywhere*.c |
    tr '\n' ' ' | grep -o 'CASE( *coil_[a-z0-9_]*' | sed 's/CASE( *//' |
    sort -u >"$work/tested"

if [ "$(wc -l <"$work/declared")" -lt 40 ]; then
    echo "found only these suspending functions in include/coil:"
    cat "$work/declared"
    exit 1
fi
if ! cmp -s "$work/declared" "$work/tested"; then
    comm -23 "$work/declared" "$work/tested" |
        sed 's/$/ suspends but is in no table of tests\/property\/cancel_everywhere*.c/'
    comm -13 "$work/declared" "$work/tested" |
        sed 's/$/ is in a table but no header declares that it suspends/'
    exit 1
fi
echo "$(wc -l <"$work/declared") suspending functions, all of them tested"
