#!/bin/sh
# SPDX-License-Identifier: MIT
#
# As fetch_kill.sh, with records in order and an archive.
set -eu
FETCH_ORDERED=1
export FETCH_ORDERED
. "$COIL_SOURCE_DIR/tests/fetch/fetch_kill.sh"
