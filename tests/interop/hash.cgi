#!/bin/sh
# SPDX-License-Identifier: MIT
#
# A CGI program: the SHA-256 of the body that was sent; with a name behind it,
# this file, whose length it does not say.
if [ -n "${PATH_INFO:-}" ]; then
    printf 'Content-Type: application/octet-stream\r\n\r\n'
    exec cat "$COIL_INTEROP_ROOT/$(basename "$PATH_INFO")"
fi
digest=$(sha256sum)
printf 'Content-Type: text/plain\r\n\r\n%s' "${digest%% *}"
