/* SPDX-License-Identifier: MIT */
/*
 * chart.h - pictures of a run as inline SVG
 *
 * Their colours are classes of the page's style (report_page.h).  Nothing in them comes
 * from a server or the list.
 */
#ifndef COIL_FETCH_SHOW_CHART_H
#define COIL_FETCH_SHOW_CHART_H

#include <coil/time.h>

#include "common/text.h"
#include "show/stats.h"

/* URLs a second, requests in flight and bytes a second, over the run. */
void chart_timeline(struct text *text, const struct stats *stats,
                    coil_time now);

/* How long requests took, by phase, over a logarithmic axis. */
void chart_latency(struct text *text, const struct stats *stats);

#endif
