#!/bin/sh
# SPDX-License-Identifier: MIT
#
# The pictures of coil-fetch are taken: its display in a terminal of tmux says all that
# it is to say, and its report is drawn by Chromium.
set -eu

[ -z "${ASAN_OPTIONS-}${TSAN_OPTIONS-}" ] || { echo "once is enough"; exit 77; }
source=${COIL_SOURCE_DIR:-$(cd "$(dirname "$0")/../.." && pwd)}
build=${COIL_BUILD_DIR:-$source/build/dev}
command -v python3 >/dev/null || { echo "skipped: no Python"; exit 77; }
[ -x "$build/apps/coil-fetch" ] || { echo "skipped: no coil-fetch"; exit 77; }
[ -x "$build/apps/coil-httpbin" ] || { echo "skipped: no coil-httpbin"; exit 77; }

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
"$source/scripts/run/fetch-pictures" "$build" "$folder"

for words in ' of 6,0' ' ok<' ' in flight' ' waiting' ' left<' 'left alone' \
    '127.0.0.2' '/drip?\|/delay/'; do
    grep -q "$words" "$folder/coil-fetch-display.svg" || {
        echo "the display does not say: $words"
        cat "$folder/coil-fetch-display.svg"
        exit 1
    }
done
size=$(wc -c <"$folder/coil-fetch-report.png")
[ "$size" -gt 50000 ] || { echo "the report is a picture of $size bytes"; exit 1; }
