/* SPDX-License-Identifier: MIT */
/*
 * http/wire/url_dots.h - "." and ".." in a path (RFC 3986, 5.2.4)
 */
#ifndef COIL_HTTP_WIRE_URL_DOTS_H
#define COIL_HTTP_WIRE_URL_DOTS_H

#include <stddef.h>

/* Resolve the dot segments of a path in place.  Returns its new size. */
size_t coil__url_remove_dots(char *path, size_t size);

#endif
