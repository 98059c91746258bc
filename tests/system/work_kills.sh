#!/bin/sh
# SPDX-License-Identifier: MIT
#
# Workers and their Redis are killed: no job is lost, a group's limits hold, and no
# job has two holders.  WORK_KILLS says how often (20), SEED when; make work-kills
# does it 1,000 times.
set -eu
exec "$COIL_SOURCE_DIR/scripts/run/work-fleet" "$COIL_BUILD_DIR" kills \
    "${WORK_KILLS:-20}" "${SEED:-$$}"
