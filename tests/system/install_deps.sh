#!/bin/sh
# SPDX-License-Identifier: MIT
#
# scripts/install-deps on systems that are made here: what it calls, and what it
# tells people to do.  Nothing is installed.
set -eu
source=${COIL_SOURCE_DIR:-$(cd "$(dirname "$0")/../.." && pwd)}
[ -z "${ASAN_OPTIONS-}${TSAN_OPTIONS-}" ] || { echo "once is enough"; exit 77; }
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

tools="sh awk cat chmod dirname env grep head mkdir paste rm sed tail touch tr"
for tool in $tools; do
    command -v "$tool" >/dev/null || { echo "no $tool"; exit 77; }
done

fake() # NAME: a program, from standard input
{
    cat >"$COIL_DEPS_ROOT/bin/$1"
    chmod +x "$COIL_DEPS_ROOT/bin/$1"
}

# system NAME USER LINE…: an empty machine with that /etc/os-release, and only a
# C compiler and make.
system() {
    COIL_DEPS_ROOT=$work/$1
    export COIL_DEPS_ROOT
    rm -rf "$COIL_DEPS_ROOT"
    mkdir -p "$COIL_DEPS_ROOT/bin" "$COIL_DEPS_ROOT/etc" "$COIL_DEPS_ROOT/have"
    user=$2
    shift 2
    printf '%s\n' "$@" >"$COIL_DEPS_ROOT/etc/os-release"
    for tool in $tools; do
        ln -s "$(command -v "$tool")" "$COIL_DEPS_ROOT/bin/$tool"
    done
    echo 'exit 0' | fake make
    # Has the headers that files in have/ stand for.
    fake cc <<'END'
#!/bin/sh
read -r line
case $line in *'<stdio.h>') exit 0 ;; esac
header=${line#*<}
[ -e "$COIL_DEPS_ROOT/have/$(echo "${header%>}" | tr / _)" ]
END
    echo "echo $user" | fake id
}

# apt [NAME…]: with apt-get, which knows those packages and what everybody has.
apt() {
    known=" gcc libc6-dev make cmake libssl-dev libc-ares-dev zlib1g-dev libbrotli-dev libzstd-dev libidn2-dev libpsl-dev libjansson-dev libdw-dev linux-libc-dev g++ patch pkgconf python3 gunicorn python3-httpbin gdb $* "
    fake apt-cache <<END
#!/bin/sh
case '$known' in
*" \$2 "*) echo "  Candidate: 1.0" ;;
*) echo "  Candidate: (none)" ;;
esac
END
    fake apt-get <<'END'
#!/bin/sh
echo "apt-get $*" >>"$COIL_DEPS_ROOT/calls"
[ ! -e "$COIL_DEPS_ROOT/usr/sbin/policy-rc.d" ] ||
    echo "daemons are held" >>"$COIL_DEPS_ROOT/calls"
[ ! -e "$COIL_DEPS_ROOT/broken" ] || { echo "E: broken"; exit 100; }
for package; do
    case $package in
    cmake) touch "$COIL_DEPS_ROOT/bin/cmake"; chmod +x "$COIL_DEPS_ROOT/bin/cmake" ;;
    libssl-dev) touch "$COIL_DEPS_ROOT/have/openssl_provider.h" ;;
    *llhttp*) touch "$COIL_DEPS_ROOT/have/llhttp.h" ;;
    libjansson-dev) touch "$COIL_DEPS_ROOT/have/jansson.h" ;;
    esac
done
END
    echo 'exit 0' | fake sleep
}

# run STATUS ARGUMENT…: install-deps; its words are in $work/words.
run() {
    expected=$1
    shift
    status=0
    rm -f "$COIL_DEPS_ROOT/calls"
    PATH=$COIL_DEPS_ROOT/bin CC=cc LLHTTP_SOURCE_DIR='' \
        sh "$source/scripts/install-deps" "$@" \
        >"$work/words" 2>&1 </dev/null || status=$?
    what="install-deps $*, ${COIL_DEPS_ROOT##*/}"
    if [ "$status" -ne "$expected" ]; then
        echo "$what: $status, not $expected:"
        cat "$work/words"
        exit 1
    fi
}

says() # TEXT…
{
    for text; do
        grep -Fq -- "$text" "$work/words" || {
            echo "$what does not say: $text"
            cat "$work/words"
            exit 1
        }
    done
}

is_silent() {
    [ ! -s "$work/words" ] || { echo "$what says:"; cat "$work/words"; exit 1; }
}

called() # TEXT, or nothing
{
    calls=$(cat "$COIL_DEPS_ROOT/calls" 2>/dev/null || true)
    case $calls in
    *"$1"*) [ -n "$1" ] || [ -z "$calls" ] || {
        echo "$what called: $calls"
        exit 1
    } ;;
    *)
        echo "$what did not call: $1, but: $calls"
        exit 1 ;;
    esac
}

# ---- Debian ----

bookworm='PRETTY_NAME="Debian GNU/Linux 12 (bookworm)"'
trixie='PRETTY_NAME="Debian GNU/Linux 13 (trixie)"'

system bookworm 0 "$bookworm" 'ID=debian' 'VERSION_ID="12"'
apt node-llhttp clang-format-14
run 1 --check build
says "nothing is installed by this command" "On Debian GNU/Linux 12 (bookworm)" \
    "    apt-get install cmake libssl-dev node-llhttp" \
    "    cmake -B build && cmake --build build && cmake --install build"
called ''
run 0 build
says "installing cmake libssl-dev node-llhttp"
called "apt-get install -y --no-install-recommends cmake libssl-dev node-llhttp"
run 0 build
is_silent
called ''
run 0 --check build
is_silent
run 0 tests
called clang-format-14
called gunicorn

system trixie 0 "$trixie" 'ID=debian' 'VERSION_ID="13"'
apt libllhttp-dev node-llhttp
run 0 tests
says "has no clang-format-14; tests that need it are skipped"
called "cmake libssl-dev libllhttp-dev libc-ares-dev zlib1g-dev"
case $calls in
*clang-format* | *node-llhttp*) echo "$what called: $calls"; exit 1 ;;
esac
run 1 format
says clang-format-14

# Daemons that are installed are not started, now; others are later.
system peers 0 "$bookworm" 'ID=debian'
apt nginx squid
mkdir -p "$COIL_DEPS_ROOT/usr/sbin"
run 0 interop
says "has no tinyproxy; tests that need it are skipped"
called "install -y --no-install-recommends nginx gunicorn squid
daemons are held"
[ ! -e "$COIL_DEPS_ROOT/usr/sbin/policy-rc.d" ]
run 0 tests
called "apt-get install"
case $calls in *held*) echo "$what held daemons"; exit 1 ;; esac
system redis 0 "$bookworm" 'ID=debian'
apt redis-server
mkdir -p "$COIL_DEPS_ROOT/usr/sbin"
run 0 tests
called " redis-server "
called "daemons are held"

# A browser is installed for those who ask for it.
system surfer 0 "$bookworm" 'ID=debian'
apt node-llhttp chromium openssl
run 0 tests
case $calls in *chromium*) echo "$what called: $calls"; exit 1 ;; esac
run 0 browser
called "install -y --no-install-recommends chromium openssl"
run 2 nothing
says "groups: build demo tests interop browser "

# The package is there, and does not have what is looked for.
system empty-package 0 "$bookworm" 'ID=debian'
apt node-llhttp
echo 'exit 0' | fake apt-get
run 1 build
says "was installed and is still not found"

system no-network 0 "$bookworm" 'ID=debian'
apt node-llhttp
touch "$COIL_DEPS_ROOT/broken"
run 1 build
says "E: broken" "apt-get failed"

# ---- who may not ----

system user 1000 "$bookworm" 'ID=debian'
apt node-llhttp
run 1 demo
says "you are not root, and there is no sudo" \
    "    apt-get install cmake libssl-dev node-llhttp"
run 1 tests
says "    apt-get install cmake libssl-dev node-llhttp" "fewer tests are skipped:" " gunicorn "
if grep clang-format "$work/words"; then
    echo "$what names what there is not"
    exit 1
fi
called ''
# All that is needed is there: tests go without the rest.
touch "$COIL_DEPS_ROOT/bin/cmake" "$COIL_DEPS_ROOT/have/llhttp.h" \
    "$COIL_DEPS_ROOT/have/openssl_provider.h"
chmod +x "$COIL_DEPS_ROOT/bin/cmake"
run 0 tests
says gunicorn "some tests are skipped"
called ''

system sudoer 1000 "$bookworm" 'ID=debian'
apt node-llhttp
fake sudo <<'END'
#!/bin/sh
[ "$1" != -n ] || shift
echo "sudo $*" >>"$COIL_DEPS_ROOT/calls"
exec "$@"
END
echo 'exit 0' | fake true
run 0 build
called "sudo env DEBIAN_FRONTEND=noninteractive apt-get install"

system other-sudoer 1000 "$bookworm" 'ID=debian'
apt node-llhttp
echo 'exit 1' | fake sudo
run 1 build
says "sudo needs a password or does not let you" "apt-get install cmake"
called ''

# ---- relatives, and others ----

system noble 0 'PRETTY_NAME="Ubuntu 24.04.1 LTS"' 'ID=ubuntu' 'ID_LIKE=debian'
apt libllhttp-dev
run 1 --check build
says "On Ubuntu 24.04.1 LTS" "(these names are untried)" \
    "apt-get install cmake libssl-dev libllhttp-dev"
run 0 build

system mint 0 'PRETTY_NAME="Linux Mint 22"' 'ID=linuxmint' 'ID_LIKE="ubuntu debian"'
apt libllhttp-dev
run 0 build

other() # NAME COMMAND PACKAGES LINE…
{
    name=$1 command=$2 list=$3
    shift 3
    system "$name" 0 "$@"
    run 1 demo
    says "installed from here on Debian and its relatives only" \
        "(these names are untried)" "    $command $list" \
        "    cmake -B build && cmake --build build"
    run 0 --list demo
    says "$command "
    touch "$COIL_DEPS_ROOT/bin/cmake" "$COIL_DEPS_ROOT/have/llhttp.h" \
        "$COIL_DEPS_ROOT/have/openssl_provider.h" \
        "$COIL_DEPS_ROOT/have/jansson.h" "$COIL_DEPS_ROOT/have/zlib.h" \
        "$COIL_DEPS_ROOT/have/ares.h"
    chmod +x "$COIL_DEPS_ROOT/bin/cmake"
    run 0 demo
    is_silent
}

other fedora 'dnf install' 'cmake openssl-devel llhttp-devel' \
    'NAME="Fedora Linux"' 'ID=fedora' 'PRETTY_NAME="Fedora Linux 42"'
other rocky 'dnf install' 'cmake openssl-devel llhttp-devel' 'ID="rocky"' \
    'ID_LIKE="rhel centos fedora"' 'PRETTY_NAME="Rocky Linux 9.4"'
other arch 'pacman -S' 'cmake openssl llhttp' 'ID=arch' 'PRETTY_NAME="Arch Linux"'
other alpine 'apk add' 'cmake openssl-dev llhttp-dev' 'ID=alpine' \
    'PRETTY_NAME="Alpine Linux v3.22"'

system unknown 0 'ID=plan9' 'PRETTY_NAME="Plan 9"'
run 1 build
says "On Plan 9, please install: CMake, OpenSSL 3 with its headers, llhttp."
system nothing 0 ''
rm "$COIL_DEPS_ROOT/etc/os-release"
run 1 build
says "On this system, please install: CMake, OpenSSL 3 with its headers, llhttp."

run 2
says "usage: "
run 2 --check nonsense
says "usage: "
