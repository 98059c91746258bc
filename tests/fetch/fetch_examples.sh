#!/bin/sh
# SPDX-License-Identifier: MIT
#
# Each example of docs/coil-fetch-examples.md does what it says, against coil-httpbin.
set -eu
document=$COIL_SOURCE_DIR/docs/coil-fetch-examples.md
work=$(mktemp -d)
server=

finish() {
    [ -z "$server" ] || kill "$server" 2>/dev/null || true
    [ -z "$server" ] || wait "$server" 2>/dev/null || true
    rm -rf "$work"
}
trap finish EXIT
trap 'exit 130' INT TERM

"$COIL_BUILD_DIR/apps/coil-httpbin" --port 0 --latency 0 >"$work/server" 2>&1 &
server=$!
url=
for _ in $(seq 300); do
    url=$(sed -n 's/^coil-httpbin listening on \(http:.*\)$/\1/p' "$work/server")
    [ -z "$url" ] || break
    sleep 0.1
done
[ -n "$url" ] || { cat "$work/server"; exit 1; }
port=${url##*:}

PATH=$COIL_BUILD_DIR/apps:$PATH
export PATH
awk -v folder="$work" '
    /^```sh$/ { out = sprintf("%s/%02d.sh", folder, ++n); next }
    /^```$/ { if (out != "") close(out); out = ""; next }
    out != "" { print > out }
' "$document"
count=0
for script in "$work"/*.sh; do
    count=$((count + 1))
    sed -i "s/localhost:8080/localhost:$port/g" "$script"
    mkdir "$work/$count"
    if ! (cd "$work/$count" && sh -eu "$script") >"$work/log" 2>&1; then
        echo "example $count fails:"
        cat "$script" "$work/log"
        exit 1
    fi
done
[ "$count" -eq 12 ] || { echo "there are $count examples, and not 12"; exit 1; }
echo "12 examples do what they say"
