#!/bin/sh
# SPDX-License-Identifier: MIT
#
# The report of coil-fetch in a browser: a run of the bundled server, its page in
# headless Chromium, with and without its script; what Chromium has made of the page, and
# that it has asked nobody for anything, not even where the page is made to ask.
set -eu

skip() {
    echo "skipped: $1"
    exit 77
}

[ -z "${ASAN_OPTIONS-}${TSAN_OPTIONS-}" ] || skip "once is enough"
build=${COIL_BUILD_DIR:-$(cd "$(dirname "$0")/../.." && pwd)/build/dev}
browser=$(command -v chromium || command -v chromium-browser ||
    command -v google-chrome) || skip "no Chromium"
command -v python3 >/dev/null || skip "no Python"
[ -x "$build/apps/coil-fetch" ] || skip "no coil-fetch"
[ -x "$build/apps/coil-httpbin" ] || skip "no coil-httpbin"

folder=$(mktemp -d)
server=
finish() {
    if [ -n "$server" ]; then
        kill "$server" 2>/dev/null || true
        wait "$server" 2>/dev/null || true
    fi
    rm -rf "$folder"
}
trap finish EXIT

"$build/apps/coil-httpbin" --port 0 --latency 0 >"$folder/server" &
server=$!
while ! grep -q listening "$folder/server"; do
    kill -0 "$server"
    sleep 0.05
done
url=$(sed 's/.* //' "$folder/server")

status=0
"$build/apps/coil-fetch" --discard --retries 0 --summary none -s \
    -H 'Authorization: Bearer hidden-1' --report "$folder/run.html" \
    "$url/bytes/[1-300]" "$url/status/404?token=hidden-2" \
    "$url/anything/%3Cscript%3Ealert(1)%3C/script%3E" || status=$?
[ "$status" = 1 ] || { echo "coil-fetch ended with $status"; exit 1; }

# Chromium writes down each request that it makes (the log of the network).
dump() { # NAME
    name=$1
    "$browser" --headless --no-sandbox --no-first-run --disable-gpu \
        --disable-dev-shm-usage --disable-background-networking \
        --disable-component-update --disable-default-apps --disable-sync \
        --disable-extensions --no-proxy-server \
        --host-resolver-rules='MAP * ~NOTFOUND' \
        --user-data-dir="$folder/profile" --log-net-log="$folder/$name.json" \
        --dump-dom "file://$folder/$name.html" \
        >"$folder/$name.dom" 2>"$folder/$name.err" || {
        cat "$folder/$name.err"
        exit 1
    }
}

image='<img src="http://elsewhere.example/image.png">'
cp "$folder/run.html" "$folder/scripted.html"
sed 's|<script>.*</script>||' "$folder/run.html" >"$folder/plain.html"
sed "s|<main>|<main>$image|" "$folder/run.html" >"$folder/guarded.html"
sed 's|<meta http-equiv="Content[^>]*>||' "$folder/guarded.html" \
    >"$folder/leaking.html"
for page in scripted plain guarded leaking; do
    dump "$page"
done

python3 - "$folder" "$url" <<'END'
import re
import sys

folder, url = sys.argv[1:]


def check(what, holds):
    print("%s %s" % ("ok  " if holds else "FAIL", what))
    return holds


def requests(name):
    """What was asked of the network, but for what Chromium asks for itself."""
    text = open("%s/%s.json" % (folder, name)).read()
    asked = set(re.findall(r'"url":"((?:https?|wss?|ftp)://[^"]*)"', text))
    return {u for u in asked if not re.match(
        r"https?://[a-z0-9.-]*\.(google|googleapis|gvt1)\.com[/:]", u)}


scripted = open(folder + "/scripted.dom").read()
plain = open(folder + "/plain.dom").read()
good = True
for name, dom in ("with its script", scripted), ("without", plain):
    good &= check(name + ": the headline", "<h1>301 of 302 URLs fetched</h1>" in dom)
    for part in "timeline", "latency", "outcomes", "failures", "hosts", "slowest":
        good &= check("%s: %s" % (name, part), '<section id="%s">' % part in dom)
    good &= check(name + ": two pictures",
                  len(re.findall(r'<svg viewBox="0 0 1100', dom)) == 2)
    good &= check(name + ": no secrets", "hidden-" not in dom)
good &= check("the script has made buttons", scripted.count("<button") == 8)
good &= check("of the URLs no element was made",
              scripted.count("<script") == 1 and plain.count("<script") == 0)
for name in "scripted", "plain", "guarded":
    asked = requests(name)
    good &= check("%s: nothing was asked for %s" % (name, sorted(asked)), not asked)
good &= check("but a page without the policy could ask",
              requests("leaking") == {"http://elsewhere.example/image.png"})
sys.exit(not good)
END
