#!/bin/sh
# SPDX-License-Identifier: MIT
#
# The options of coil-record's help are those of its manual page and completions.
set -eu
record=$COIL_BUILD_DIR/apps/coil-record
page=$COIL_SOURCE_DIR/docs/man/coil-record.1
completions=$COIL_SOURCE_DIR/apps/coil-record/completions
[ -x "$record" ] || { echo "no coil-record"; exit 77; }
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

option='--[a-z][a-z-]*'
"$record" --help >"$work/text"
# --output is a longer name of -o.
{ grep -o -e "$option" "$work/text"; echo --output; } | sort -u >"$work/help"
sed 's/\\-/-/g' "$page" | grep -o -e "$option" | sort -u >"$work/page"
grep -o -e "$option" "$completions/coil-record.bash" | sort -u >"$work/bash"
grep -o -e "$option" "$completions/_coil-record" | sort -u >"$work/zsh"
sed -n 's/.* -l \([a-z-]*\).*/--\1/p' "$completions/coil-record.fish" |
    sort -u >"$work/fish"

bad=0
for list in page bash zsh fish; do
    diff -u "$work/help" "$work/$list" || { echo "$list differs from --help"; bad=1; }
done
bash=$(command -v bash || true)
[ -z "$bash" ] || "$bash" -n "$completions/coil-record.bash"
exit "$bad"
