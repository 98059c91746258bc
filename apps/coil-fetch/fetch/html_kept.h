/* SPDX-License-Identifier: MIT */
/* html_kept.h - the values of the tag, or the text, that is being read */
#ifndef COIL_FETCH_FETCH_HTML_KEPT_H
#define COIL_FETCH_FETCH_HTML_KEPT_H

#include <stddef.h>

#include "fetch/html_scan.h"

/* Text up to the next tag, if it is wanted; and hand it over. */
void html_keep_text(struct html_scan *s, const char *bytes, size_t size);
int html_give_text(struct html_scan *s);

/* The value of the attribute that s->word names; `quote` is around it. */
void html_begin_value(struct html_scan *s, char quote);
void html_keep_value(struct html_scan *s, const char *bytes, size_t size);
void html_end_value(struct html_scan *s);

#endif
