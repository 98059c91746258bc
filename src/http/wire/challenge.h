/* SPDX-License-Identifier: MIT */
/*
 * http/wire/challenge.h - the values of WWW-Authenticate (RFC 9110, 11.6.1)
 *
 *     Digest realm="a", nonce="b", Basic realm="c"
 *
 * A reader walks over a value and finds, one after the other, schemes and what
 * belongs to them.
 */
#ifndef COIL_HTTP_WIRE_CHALLENGE_H
#define COIL_HTTP_WIRE_CHALLENGE_H

#include <stdbool.h>
#include <stddef.h>

#include "http/wire/text.h"

/* Longer values are cut off from all that follows. */
#define COIL__HTTP_MAX_PARAM 1024

struct coil__http_challenges {
    const char *at;

    /* What was found last. */
    bool is_scheme;
    struct coil__http_slice name; /* of the scheme, or of the parameter */
    char value[COIL__HTTP_MAX_PARAM + 1]; /* without quotes and backslashes */
};

static inline void coil__http_challenges_begin(struct coil__http_challenges *c,
                                               const char *value)
{
    c->at = value;
}

/* Find the next.  Returns whether there is one that is well formed. */
bool coil__http_challenges_next(struct coil__http_challenges *c);

#endif
