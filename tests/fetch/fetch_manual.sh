#!/bin/sh
# SPDX-License-Identifier: MIT
#
# The options of the help, of the manual page and of the completions are the program's.
set -eu
fetch=$COIL_BUILD_DIR/apps/coil-fetch
page=$COIL_SOURCE_DIR/docs/man/coil-fetch.1
completions=$COIL_SOURCE_DIR/apps/coil-fetch/completions
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

fail() { echo "$*"; exit 1; }

"$fetch" --help >"$work/brief"
"$fetch" --help all >"$work/help"
[ "$(wc -l <"$work/brief")" -le 24 ] || fail "--help does not fit a screen"
awk 'length($0) > 80 { exit 1 }' "$work/brief" "$work/help" ||
    fail "a line of the help is longer than 80 columns"

sed -n "s/^\.B \(.*\)/\1/p" "$page" | sed 's/\\-/-/g' |
    grep -o -e '--[a-z0-9][a-z0-9.-]*' | sort -u >"$work/page"
grep -o -e '--[a-z0-9][a-z0-9.-]*' "$work/help" | sort -u >"$work/named"
grep -o -e ' --[a-z0-9][a-z0-9.-]*' "$completions/coil-fetch.bash" | tr -d ' ' | sort -u >"$work/bash"
sed -n 's/.* -l \([a-z0-9.-]*\).*/--\1/p' "$completions/coil-fetch.fish" | sort -u >"$work/fish"
grep -o -e "'--[a-z0-9][a-z0-9.-]*" "$completions/_coil-fetch" | tr -d "'" | sort -u >"$work/zsh"

for list in named fish zsh; do
    comm -23 "$work/$list" "$work/page" >"$work/more"
    [ ! -s "$work/more" ] || fail "not in the manual page: $(cat "$work/more")"
done
comm -3 "$work/bash" "$work/page" >"$work/differ"
[ ! -s "$work/differ" ] || fail "not in both, completions and manual page: $(cat "$work/differ")"

# The program knows each of them.
while read -r option; do
    "$fetch" "$option" 1 </dev/null >"$work/out" 2>&1 || true
    ! grep -q 'unrecognized\|ambiguous' "$work/out" || fail "unknown: $option"
done <"$work/page"
bash=$(command -v bash || true)
[ -z "$bash" ] || "$bash" -n "$completions/coil-fetch.bash"
