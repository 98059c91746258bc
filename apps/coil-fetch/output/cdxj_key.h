/* SPDX-License-Identifier: MIT */
/*
 * cdxj_key.h - the key of a URL in an index, by which captures of one page stand
 * together
 *
 *     https://www.Example.com:443/A/?c=2&b=1#d  ->  com,example)/a?b=1&c=2
 *
 * It is what the package surt, which pywb and cdxj-indexer use, makes of a URL that is
 * normalised: host reversed, without "www.", user, default port and fragment; path
 * and arguments in lower case, escaped once; arguments in order, and without the
 * session identifiers that surt knows in arguments.
 */
#ifndef COIL_FETCH_OUTPUT_CDXJ_KEY_H
#define COIL_FETCH_OUTPUT_CDXJ_KEY_H

#include "common/text.h"

void cdxj_key_add(struct text *text, const char *url);

#endif
