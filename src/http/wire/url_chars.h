/* SPDX-License-Identifier: MIT */
/*
 * http/wire/url_chars.h - the characters of a URL (RFC 3986, 2 and appendix A)
 */
#ifndef COIL_HTTP_WIRE_URL_CHARS_H
#define COIL_HTTP_WIRE_URL_CHARS_H

#include <stdbool.h>
#include <stddef.h>

/* Which characters a part may have besides escapes. */
enum {
    COIL__URL_UNRESERVED = 1,            /* letters, digits, "-._~"; a zone */
    COIL__URL_NAME = 1 | 2,              /* with "!$&'()*+,;=": a host's name */
    COIL__URL_USER = COIL__URL_NAME | 4, /* with ":" */
    COIL__URL_PATH = COIL__URL_USER | 8 | 16, /* with "@" and "/" */
    COIL__URL_QUERY = COIL__URL_PATH | 32,    /* with "?"; a fragment, too */
    COIL__URL_SCHEME = 64,                    /* letters, digits, "+-." */
};

/* Whether `c` may stand in a part of this class. */
bool coil__url_may_be(char c, unsigned class);

bool coil__url_is_letter(char c);

/* Whether two hexadecimal digits follow the "%" at text[0 … size-1]. */
bool coil__url_is_escape(const char *text, size_t size);

/* The byte that an escape stands for. */
unsigned char coil__url_escaped(const char *escape);

/* Whether the text has only characters of `class` and escapes. */
bool coil__url_all(const char *text, size_t size, unsigned class);

/* Whether the text has a control character or a DEL. */
bool coil__url_has_control(const char *text, size_t size);

#endif
