/* SPDX-License-Identifier: MIT */
/*
 * http/client/digest.h - one challenge of Digest, and its answers (RFC 7616)
 */
#ifndef COIL_HTTP_CLIENT_DIGEST_H
#define COIL_HTTP_CLIENT_DIGEST_H

#include <stdbool.h>
#include <stdint.h>

#include <coil/http.h>

#include "http/wire/challenge.h"
#include "http/wire/hash.h"

struct coil__http_digest {
    enum coil__http_hash hash;
    bool is_session;    /* algorithm=…-sess */
    bool has_algorithm; /* it was named, so the answer names it */
    bool has_qop;       /* the server offers qop=auth */
    bool has_other_qop; /* it offers others only: it cannot be answered */
    bool has_userhash;
    bool is_stale;   /* the user is right, and the nonce is too old */
    bool is_unknown; /* it wants an algorithm that there is not */
    bool has_opaque;
    char realm[COIL__HTTP_MAX_PARAM + 1];
    char nonce[COIL__HTTP_MAX_PARAM + 1];
    char opaque[COIL__HTTP_MAX_PARAM + 1];
    uint32_t count; /* of the answers to this nonce */
};

/* Note a parameter of a challenge that began zeroed. */
void coil__http_digest_take(struct coil__http_digest *digest,
                            struct coil__http_slice name, const char *value);

/* Whether the challenge can be answered. */
bool coil__http_digest_is_good(const struct coil__http_digest *digest);

/* What an answer is about.  `cnonce` has no quotes. */
struct coil__http_question {
    const char *user;
    const char *password;
    const char *method;
    const char *target;
    const char *cnonce;
};

/*
 * Answer.  `*out` is returned: wipe it, and release it with coil__free().
 * Returns 0; -ENOTSUP; -ENOMEM.
 */
int coil__http_digest_answer(struct coil__http_digest *digest,
                             const struct coil__http_question *question,
                             char **out);

#endif
