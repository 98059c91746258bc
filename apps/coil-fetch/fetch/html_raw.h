/* SPDX-License-Identifier: MIT */
/* html_raw.h - elements whose text has no tags: scripts, styles and the like */
#ifndef COIL_FETCH_FETCH_HTML_RAW_H
#define COIL_FETCH_FETCH_HTML_RAW_H

#include <stdbool.h>
#include <stddef.h>

#include "fetch/html_scan.h"

bool html_is_raw(const struct html_tag *tag);

/* The states HTML_IN_RAW and HTML_IN_RAW_OPEN. */
ptrdiff_t html_take_raw(struct html_scan *s, const char *at, size_t size);
ptrdiff_t html_take_raw_open(struct html_scan *s, const char *at, size_t size);

#endif
