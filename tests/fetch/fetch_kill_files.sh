#!/bin/sh
# SPDX-License-Identifier: MIT
#
# As fetch_kill.sh, with bodies that go to files.
set -eu
FETCH_FILES=1
export FETCH_FILES
. "$COIL_SOURCE_DIR/tests/fetch/fetch_kill.sh"
