/* SPDX-License-Identifier: MIT */
/* report_tables.h - the parts of a report that are tables */
#ifndef COIL_FETCH_SHOW_REPORT_TABLES_H
#define COIL_FETCH_SHOW_REPORT_TABLES_H

#include "common/text.h"
#include "show/stats.h"

/* Each is a whole <section>, or nothing if there is nothing to tell. */
void report_outcomes(struct text *text, const struct stats *stats);
void report_failures(struct text *text, const struct stats *stats);
void report_hosts(struct text *text, const struct stats *stats);
void report_slowest(struct text *text, const struct stats *stats);

#endif
