#!/bin/sh
# SPDX-License-Identifier: MIT
#
# examples/postgres with a PostgreSQL of its own, which listens on a Unix socket.  A
# server refuses to run as root: then it runs as nobody.
set -eu
program=$COIL_BUILD_DIR/examples/postgres
[ -x "$program" ] || { echo "examples/postgres is not built"; exit 77; }
PATH=$PATH$(printf ':%s' /usr/lib/postgresql/*/bin)
export PATH
command -v initdb >/dev/null && command -v pg_ctl >/dev/null ||
    { echo "no PostgreSQL server"; exit 77; }
as=
if [ "$(id -u)" = 0 ]; then
    command -v setpriv >/dev/null || { echo "root, and no setpriv"; exit 77; }
    as="setpriv --reuid=65534 --regid=65534 --clear-groups"
fi

work=$(mktemp -d)
chmod 755 "$work"
mkdir "$work/data"
[ -z "$as" ] || chown 65534:65534 "$work/data"
cd "$work/data"
end() {
    $as pg_ctl -D "$work/data/db" stop -m immediate >/dev/null 2>&1 || true
    cd /
    rm -rf "$work"
}
trap end EXIT
trap 'exit 130' INT TERM

# shellcheck disable=SC2086 # words
{
    $as initdb -D "$work/data/db" -U coil -A trust --no-sync >"$work/log" 2>&1 &&
        $as pg_ctl -D "$work/data/db" -l "$work/data/log" -w start \
            -o "-k $work/data -c listen_addresses='' -c fsync=off" >>"$work/log" 2>&1
} || { cat "$work/log" "$work/data/log" 2>/dev/null; echo "PostgreSQL does not start"; exit 1; }

fail() { echo "$1"; cat "$work/out"; exit 1; }
where="host=$work/data user=coil dbname=postgres"
"$program" "$where" >"$work/out" 2>&1 || fail "it fails"
[ "$(cat "$work/out")" = "first
second
third" ] || fail "it prints something else"
status=0
"$program" "$where dbname=nobody" >"$work/out" 2>&1 || status=$?
[ $status = 1 ] || fail "its status is $status without its database"
grep -q '^postgres: .*"nobody" does not exist' "$work/out" || fail "it does not say why"
