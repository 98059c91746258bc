#!/bin/sh
# SPDX-License-Identifier: MIT
#
# A worker is cut off from its Redis, each way and both, and is stopped: what it does
# ends before another begins the same job.  WORK_PARTITIONS says how often (4); make
# work-partitions does it 1,000 times.
set -eu
exec "$COIL_SOURCE_DIR/scripts/run/work-fleet" "$COIL_BUILD_DIR" partitions \
    "${WORK_PARTITIONS:-4}" "${SEED:-$$}"
