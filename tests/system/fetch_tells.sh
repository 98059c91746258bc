#!/bin/sh
# SPDX-License-Identifier: MIT
#
# What coil-fetch tells on standard error where that is a file: the summary, as text, as
# JSON and not at all; its state when it is asked by SIGUSR1; and no escape sequence
# unless colours are asked for.
set -eu

build=${COIL_BUILD_DIR:-$(cd "$(dirname "$0")/../.." && pwd)/build/dev}
command -v python3 >/dev/null || { echo "skipped: no Python"; exit 77; }
[ -x "$build/apps/coil-fetch" ] || { echo "skipped: no coil-fetch"; exit 77; }
[ -x "$build/apps/coil-httpbin" ] || { echo "skipped: no coil-httpbin"; exit 77; }

folder=$(mktemp -d)
server=
fetch=
finish() {
    for pid in $server $fetch; do
        kill "$pid" 2>/dev/null || true
        wait "$pid" 2>/dev/null || true
    done
    rm -rf "$folder"
}
trap finish EXIT

fail() {
    echo "$1"
    cat "$folder/said"
    exit 1
}

says() { # WORDS: they are in what was said
    grep -q -- "$1" "$folder/said" || fail "it does not say: $1"
}

# SIGNAL PID: it would end a process that has no handler yet.
is_caught() {
    caught=$(sed -n 's/^SigCgt:[[:space:]]*//p' "/proc/$2/status")
    [ $((0x$caught >> ($1 - 1) & 1)) = 1 ]
}

"$build/apps/coil-httpbin" --port 0 --latency 0 >"$folder/server" &
server=$!
while ! grep -q listening "$folder/server"; do
    kill -0 "$server"
    sleep 0.05
done
url=$(sed 's/.* //' "$folder/server")

run() { # OPTION...
    status=0
    "$build/apps/coil-fetch" --discard --retries 0 "$@" "$url/bytes/[1-20]" \
        "$url/status/404?%1B%5B2J" 2>"$folder/said" || status=$?
    [ "$status" = 1 ] || fail "it ended with $status"
}

run
says '^coil-fetch: 21 URLs in .*, 1 failed; 210 B; '
says '^          20  fetched$'
says '^  total  *21 '
says "^  127.0.0.1:[0-9]*  *20  *1  *0 "
says "^    $url/status/404?%1B%5B2J: 404$"
says '^    What to do: '
! grep -q "$(printf '\033')" "$folder/said" || fail "there is an escape sequence"
TERM=xterm-256color run --color always
says "$(printf '\033\[38;5;203m')"

run --summary none
[ "$(wc -l <"$folder/said")" = 1 ] || fail "it says more than its failure"
run --summary none -s
[ ! -s "$folder/said" ] || fail "it is not silent"

run --summary json -s
python3 - "$folder/said" "$url" <<'END'
import json
import sys

said = json.load(open(sys.argv[1]))
assert said["schema"] == "coil-fetch-summary/1", said
assert said["stopped"] is None, said
assert said["urls"]["done"] == 21 and said["urls"]["failed"] == 1, said
assert said["classes"] == {"ok": 20, "client_error": 1}, said
assert said["bytes"] == 210, said
assert said["phases"]["total"]["count"] == 21, said
assert said["failures"][0]["url"] == sys.argv[2] + "/status/404?%1B%5B2J", said
END

# The state, while a request of it takes long; then it is interrupted, twice.
"$build/apps/coil-fetch" --discard --per-host 1 "$url/delay/10?a" \
    "$url/delay/10?b" 2>"$folder/said" &
fetch=$!
until is_caught 10 "$fetch"; do
    kill -0 "$fetch" || fail "it has ended"
done
while ! grep -q 'in flight  waiting' "$folder/said"; do
    kill -USR1 "$fetch" || fail "it has ended"
    sleep 0.2
done
says "^  in flight  waiting, .*: $url/delay/10?a$"
says "^  waiting    127.0.0.1.*: 1 waiting, 1 in flight; its limit of 1 at a time$"
kill -INT "$fetch"
while ! grep -q 'nothing more begins; 1 under way' "$folder/said"; do
    kill -0 "$fetch" || fail "it has ended"
    sleep 0.05
done
kill -INT "$fetch"
status=0
wait "$fetch" || status=$?
fetch=
[ "$status" = 130 ] || fail "it ended with $status"
says '^coil-fetch: interrupted'
