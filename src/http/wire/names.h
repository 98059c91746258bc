/* SPDX-License-Identifier: MIT */
/*
 * http/wire/names.h - names by c-ares, where the library was built with it
 */
#ifndef COIL_HTTP_WIRE_NAMES_H
#define COIL_HTTP_WIRE_NAMES_H

/*
 * Offer c-ares to the resolver (coil_resolver_offer()).  It costs nothing and
 * cannot fail: c-ares begins with the first name.  Any thread.
 */
void coil__http_offer_names(void);

/* The version of c-ares; NULL: there is none. */
const char *coil__http_names_version(void);

#endif
