/* SPDX-License-Identifier: MIT */
/* url.h - a text of the input becomes a URL that can be fetched */
#ifndef COIL_FETCH_INPUT_URL_H
#define COIL_FETCH_INPUT_URL_H

#include <stddef.h>

struct url_text {
    char *url;           /* coil_url_free(); without user and fragment */
    char *authorization; /* coil_http_auth_free_text(); NULL: no user */
    const char *reason;  /* static; of -EINVAL */
};

/*
 * Any text: a scheme is added, what must be encoded is, and the rest is normalised.
 * Returns 0; -EINVAL: `out` has a reason and nothing to free; -ENOMEM: nothing to
 * free either.
 */
int url_of_text(struct url_text *out, const char *text, size_t size);

void url_text_fini(struct url_text *out);

#endif
