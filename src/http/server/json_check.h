/* SPDX-License-Identifier: MIT */
/*
 * http/server/json_check.h - whether a text is JSON (RFC 8259)
 */
#ifndef COIL_HTTP_SERVER_JSON_CHECK_H
#define COIL_HTTP_SERVER_JSON_CHECK_H

#include <stdbool.h>
#include <stddef.h>

enum { COIL__JSON_DEPTH = 64 };

/*
 * Whether text[0 … size-1] is one value, in UTF-8, nested at most COIL__JSON_DEPTH
 * deep.  A NUL follows the text.
 */
bool coil__is_json(const char *text, size_t size);

#endif
