# SPDX-License-Identifier: MIT
# shellcheck shell=sh
#
# new-system.sh: for scripts that make a new Debian in a folder.  A script reads it with
# `.`, in a folder of the repository, and has a function skip() that says why it ends.
# Needs root, debootstrap, and an archive of Debian, which is the one that this machine's
# apt has: its address is in $archive.
[ "$(id -u)" = 0 ] || skip "only root can make another system"
command -v debootstrap >/dev/null || skip "no debootstrap"
command -v unshare >/dev/null || skip "no unshare"
archive=$(apt-get indextargets --format '$(ORIGIN) $(REPO_URI) $(RELEASE)' \
    'Created-By: Packages' 2>/dev/null |
    awk '$1 == "Debian" && $3 !~ /-/ { print $2; exit }')
[ -n "$archive" ] || skip "apt has no archive of Debian"

# inside ROOT COMMAND…: as root, with a /proc of its own.
inside() {
    root=$1
    shift
    # shellcheck disable=SC2016
    unshare --mount --pid --fork --kill-child sh -c '
        root=$1; shift
        mount --make-rprivate /
        mount -t proc proc "$root/proc"
        mount --rbind /dev "$root/dev"
        exec chroot "$root" env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin HOME=/root \
            DEBIAN_FRONTEND=noninteractive LC_ALL=C.UTF-8 "$@"' sh "$root" "$@"
}

# make_system SUITE ROOT: the base system, once.
make_system() {
    [ ! -f "$2/.made" ] || return 0
    rm -rf "$2"
    debootstrap --variant=minbase "$1" "$2" "$archive" || return 1
    apt-config dump Acquire::http >"$2/etc/apt/apt.conf.d/90archive"
    printf '#!/bin/sh\nexit 101\n' >"$2/usr/sbin/policy-rc.d"
    chmod +x "$2/usr/sbin/policy-rc.d"
    touch "$2/.made"
}
