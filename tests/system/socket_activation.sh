#!/bin/sh
# SPDX-License-Identifier: MIT
#
# A program that systemd starts for a connection finds the socket
# (coil_listener_inherit).
set -eu
for tool in systemd-socket-activate python3; do
    command -v $tool >/dev/null || { echo "no $tool"; exit 77; }
done
# A program of this script's cannot be linked with what a sanitizer needs.
[ -z "${ASAN_OPTIONS:-}${TSAN_OPTIONS:-}" ] || { echo "sanitizer"; exit 77; }
# shellcheck disable=SC2086 # without the blanks around them
case $(echo ${COIL_LINK_FLAGS-}) in
"" | -luring) plain=yes ;;
*) plain= ;;
esac
if [ -z "$plain" ] || [ ! -f "$COIL_BUILD_DIR/libcoil.so" ]; then
    echo "this build has no plain libcoil.so"
    exit 77
fi
work=$(mktemp -d)
server=
trap '[ -z "$server" ] || kill "$server" 2>/dev/null; rm -rf "$work"' EXIT

cat >"$work/greet.c" <<'END'
#include <coil.h>

static int greet(void *arg)
{
    struct coil_listener *listener;
    struct coil_stream *s;
    int rc;

    (void)arg;
    rc = coil_listener_inherit(&listener, "greeter");
    if (rc < 0)
        return rc;
    rc = coil_listener_accept(listener, &s);
    if (rc == 0)
        rc = coil_stream_write(s, "hello\n", 6);
    if (rc == 0)
        rc = coil_stream_close(s);
    coil_listener_close(listener);
    return rc;
}

int main(void)
{
    return coil_run_status(coil_run(greet, NULL));
}
END
"${CC:-cc}" -std=c11 -I "$COIL_SOURCE_DIR/include" -o "$work/greet" \
    "$work/greet.c" -L "$COIL_BUILD_DIR" -lcoil -Wl,-rpath,"$COIL_BUILD_DIR"

systemd-socket-activate --fdname=greeter -l "$work/socket" "$work/greet" \
    2>"$work/log" &
server=$!
heard=$(python3 - "$work/socket" <<'END'
import socket, sys, time

peer = socket.socket(socket.AF_UNIX)
for i in range(1000):
    try:
        peer.connect(sys.argv[1])
        break
    except OSError:
        time.sleep(0.01)
print(peer.makefile().read())
END
)
if [ "$heard" != hello ]; then
    echo "heard '$heard'"
    cat "$work/log"
    exit 1
fi
wait "$server"
server=
