#!/bin/sh
# SPDX-License-Identifier: MIT
#
# OpenSSL is loaded for https and for checksums, and for nothing else; what cannot be
# loaded is named.
set -eu
. "$COIL_SOURCE_DIR/tests/fetch/lib/fleet.sh"

if ldd "$COIL_BUILD_DIR/libcoil-http.so" | grep -q libcoil-tls; then
    echo "skipped: this build's libcoil-http is linked with libcoil-tls (ASan)"
    exit 77
fi

start_fleet --hosts 1 --urls 4 --faults 0 --limited 0 --latency 0-0
list_urls >"$work/list"
url=http://127.1.0.1:$port/u/0

# run OPTION...: sets `status`, and `loads`, which is how many of OpenSSL's libraries
# were opened.
run()
{
    rm -f "$work"/loader.*
    status=0
    LD_DEBUG=files LD_DEBUG_OUTPUT="$work/loader" "$fetch" "$@" \
        >"$work/out" 2>"$work/err" </dev/null || status=$?
    loads=$(cat "$work"/loader.* | grep -c 'file=lib\(crypto\|ssl\).*generating' || true)
}

run -s --discard -i "$work/list"
check "http is fetched" "$status" = 0
check "for http, OpenSSL is left alone" "$loads" = 0
run -s --discard -i "$work/list" --warc "$work/a.warc"
check "an archive is written" "$status" = 0
check "for an archive, libcrypto is loaded" "$loads" = 1
run -s --retries 0 --discard "https://127.1.0.1:$port/"
check "a server without TLS is none" "$status" = 1
check "for https, both are loaded" "$loads" = 2

# What takes the place of a library and is none.
mkdir "$work/broken"
library=$(basename "$(readlink "$COIL_BUILD_DIR/libcoil-tls.so")")
: >"$work/broken/$library"
: >"$work/broken/libcrypto.so.3"
export LD_LIBRARY_PATH="$work/broken"

run -s --discard -i "$work/list"
check "http needs none of them" "$status" = 0
run --retries 0 --discard --jsonl "$work/records" "https://127.1.0.1:$port/"
check "https fails" "$status" = 1
check "and says why" "$(grep -c "$library: file too short" "$work/err")" -gt 0
check "in the record, too" \
    "$(grep -c "\"class\":\"tls\".*$library: file too short" "$work/records")" = 1
run --discard --insecure "$url"
check "an option of TLS is refused at once" "$status" = 3
check "with the reason" "$(grep -c "$library: file too short" "$work/err")" = 1
run --discard --warc "$work/b.warc" "$url"
check "no archive without checksums" "$status" != 0
check "says why" "$(grep -c 'libcrypto.so.3: file too short' "$work/err")" = 1
[ "$failures" = 0 ]
