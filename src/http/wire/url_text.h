/* SPDX-License-Identifier: MIT */
/*
 * http/wire/url_text.h - the encoded parts of a text
 */
#ifndef COIL_HTTP_WIRE_URL_TEXT_H
#define COIL_HTTP_WIRE_URL_TEXT_H

#include <coil/url.h>

/* How many bytes there is room for behind a draft. */
enum { COIL__URL_SPARE = 64 };

/*
 * The parts lie in `memory`, not in their order.  coil__free(draft.memory)
 * releases the draft.
 */
struct coil__url_draft {
    struct coil_url url;
    char *memory;
    char *end; /* where the next bytes go */
};

/*
 * Split a text and encode its parts.  They have only characters that they may
 * have, but are not a URL yet: coil_url_write() checks that.  The host of a text
 * without a scheme is taken for that of a special URL if `is_special`.
 *
 * Returns 0, or with no memory
 *   COIL_EHTTP_BAD_URL, COIL_EHTTP_NO_IDN, -ENOMEM
 */
int coil__url_draft(struct coil__url_draft *draft, const char *text,
                    bool is_special);

/* Write the escape of a byte.  Returns the end of the escape. */
char *coil__url_put_escape(char *out, unsigned char byte);

#endif
