/* SPDX-License-Identifier: MIT */
/*
 * http/wire/suffix.h - names under which anybody may have a name of his own
 *
 * "com" and "co.uk" are such public suffixes.  suffix_psl.c asks libpsl;
 * suffix_none.c guesses, and rather says of a name that it is one.
 */
#ifndef COIL_HTTP_WIRE_SUFFIX_H
#define COIL_HTTP_WIRE_SUFFIX_H

#include <stdbool.h>

/* Whether a name, in lower case and in ASCII, is a public suffix. */
bool coil__http_is_public_suffix(const char *name);

/*
 * The part of a name that belongs to one owner: a public suffix and one label
 * more.  The name itself if it is a suffix, or has only one label.
 */
const char *coil__http_site_of(const char *name);

/* The version of the library, or NULL: there is none. */
const char *coil__http_suffix_version(void);

#endif
