#!/bin/sh
# SPDX-License-Identifier: MIT
#
# The pictures of coil-profile and coil-top are taken, and say what they are to say.
set -eu

[ -z "${ASAN_OPTIONS-}${TSAN_OPTIONS-}" ] || { echo "once is enough"; exit 77; }
source=${COIL_SOURCE_DIR:-$(cd "$(dirname "$0")/../.." && pwd)}
build=${COIL_BUILD_DIR:-$source/build/dev}
command -v python3 >/dev/null || { echo "skipped: no Python"; exit 77; }
for program in coil-profile coil-top; do
    [ -x "$build/apps/$program" ] || { echo "skipped: no $program"; exit 77; }
done
[ -f "$build/libcoil.so" ] || { echo "skipped: no shared libcoil"; exit 77; }

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
"$source/scripts/run/profile-pictures" "$build" "$folder"

for words in 'Where tasks run' 'Where tasks wait' 'session-\*' 'waits for lock' \
    'held by refresher'; do
    grep -q "$words" "$folder/coil-profile.svg" ||
        { echo "the flame graphs do not say: $words"; exit 1; }
done
for words in 'coil-top: process' 'what tasks wait for' 'refresher'; do
    grep -q "$words" "$folder/coil-top.svg" ||
        { echo "coil-top does not say: $words"; exit 1; }
done
