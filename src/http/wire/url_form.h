/* SPDX-License-Identifier: MIT */
/*
 * http/wire/url_form.h - names and values in a query or a form
 */
#ifndef COIL_HTTP_WIRE_URL_FORM_H
#define COIL_HTTP_WIRE_URL_FORM_H

#include <coil/url.h>

#include "base/buffer.h"

/*
 * Append the pairs to `out`, each with "&" before it unless it is the first that
 * is there.  Returns 0; -ENOMEM with some of them appended.
 */
int coil__url_put_pairs(struct coil_buffer *out,
                        const struct coil_url_pair *pairs, size_t count,
                        const char *space);

#endif
