/* SPDX-License-Identifier: MIT */
/* html_text.h - character references in the value of an attribute */
#ifndef COIL_FETCH_FETCH_HTML_TEXT_H
#define COIL_FETCH_FETCH_HTML_TEXT_H

#include <stddef.h>

/*
 * Decode &#38; &#x26; and &amp; in place, as UTF-8, by the rules for attributes of
 * the HTML Standard (13.2.5.72 and following).  Of the 2,231 names those of ASCII
 * and Latin-1 are known.  Returns the new size, which is no larger.
 */
size_t html_decode(char *text, size_t size);

#endif
