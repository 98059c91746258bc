/* SPDX-License-Identifier: MIT */
/* quick_url.h - the usual URLs, normalised in one pass */
#ifndef COIL_FETCH_INPUT_QUICK_URL_H
#define COIL_FETCH_INPUT_QUICK_URL_H

#include <stdbool.h>
#include <stddef.h>

/* Of what is written, with its NUL. */
enum { QUICK_URL_SIZE = 1024 };

/*
 * Most texts of lists are nearly normal already.  Write the URL of such a text into
 * `out`, and return true.  False: the text needs url_of_text(), which gives the
 * same of all that is taken here; `out` is undefined.
 */
bool quick_url(char out[QUICK_URL_SIZE], const char *text, size_t size);

#endif
