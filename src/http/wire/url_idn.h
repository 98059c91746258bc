/* SPDX-License-Identifier: MIT */
/*
 * http/wire/url_idn.h - names that are not ASCII
 *
 * url_idn_libidn2.c does it with libidn2, and url_idn_none.c cannot.
 */
#ifndef COIL_HTTP_WIRE_URL_IDN_H
#define COIL_HTTP_WIRE_URL_IDN_H

#include <stddef.h>

/*
 * Write the ASCII form of the name text[0 … size-1], which is UTF-8, to `out`,
 * which has room for 254 bytes, with a NUL.
 *
 * Returns 0; COIL_EHTTP_BAD_URL; COIL_EHTTP_NO_IDN; -ENOMEM.
 */
int coil__url_idn_to_ascii(char *out, const char *text, size_t size);

/* The version of the library, or NULL: there is none. */
const char *coil__url_idn_version(void);

#endif
