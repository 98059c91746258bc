/* SPDX-License-Identifier: MIT */
/* progress_frame.h - the live display as text */
#ifndef COIL_FETCH_SHOW_PROGRESS_FRAME_H
#define COIL_FETCH_SHOW_PROGRESS_FRAME_H

#include <coil/time.h>

#include "common/text.h"
#include "show/stats.h"
#include "show/style.h"

/*
 * What the display says now: at most `rows` - 1 lines, each of at most `columns` - 1
 * columns and a line end; at least one line, of at least 19 columns.  Of what does
 * not fit, the least needed is left out.
 *
 * The lines, from above: how far the run is; what became of URLs, and what is under
 * way; the requests that have taken longest, if more than a second; groups that
 * are left alone.
 */
void progress_frame(struct text *text, const struct stats *stats,
                    unsigned columns, unsigned rows, struct style style,
                    coil_time now);

/* The same in one plain line of any length, without a line end, for a log. */
void progress_line(struct text *text, const struct stats *stats, coil_time now);

#endif
