/* SPDX-License-Identifier: MIT */
/* report_page.h - what every report has: its style, its script, and its policy */
#ifndef COIL_FETCH_SHOW_REPORT_PAGE_H
#define COIL_FETCH_SHOW_REPORT_PAGE_H

#include "common/text.h"

/* All up to <main>; `title` is escaped here. */
void report_page_begin(struct text *text, const char *title);

/* All from </main> on. */
void report_page_end(struct text *text);

#endif
