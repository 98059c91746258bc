/* SPDX-License-Identifier: MIT */
/*
 * inspect/metrics_loops.h - what the loops of the process count
 */
#ifndef COIL_INSPECT_METRICS_LOOPS_H
#define COIL_INSPECT_METRICS_LOOPS_H

#include <coil/metrics.h>

void coil__metrics_write_loops(struct coil_metrics_page *page);

#endif
