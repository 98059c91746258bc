/* SPDX-License-Identifier: MIT */
/*
 * http/wire/utf8.h - whether bytes that come in pieces are UTF-8
 *
 * A wrong byte is found as soon as it is there: too long a form, a surrogate, or
 * a character beyond U+10FFFF (RFC 3629).
 */
#ifndef COIL_HTTP_WIRE_UTF8_H
#define COIL_HTTP_WIRE_UTF8_H

#include <stdbool.h>
#include <stddef.h>

/* Zeroed: at the beginning of a text. */
struct coil__utf8 {
    unsigned char more;  /* bytes that the character still needs */
    unsigned char least; /* what the next of them may be, if `more` is not 0 */
    unsigned char most;
};

/* Go on with these bytes.  Returns whether all are right so far. */
bool coil__utf8_check(struct coil__utf8 *utf8, const void *bytes, size_t size);

/* Whether the text may end here: no character is cut off. */
static inline bool coil__utf8_may_end(const struct coil__utf8 *utf8)
{
    return utf8->more == 0;
}

#endif
