/* SPDX-License-Identifier: MIT */
/*
 * inspect/metrics_process.h - what the process uses, under Prometheus's names
 */
#ifndef COIL_INSPECT_METRICS_PROCESS_H
#define COIL_INSPECT_METRICS_PROCESS_H

#include <coil/metrics.h>

void coil__metrics_write_process(struct coil_metrics_page *page);

#endif
