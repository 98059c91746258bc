/* SPDX-License-Identifier: MIT */
/*
 * http/wire/trailers.h - fields behind a body in chunks (RFC 9110, 6.5)
 */
#ifndef COIL_HTTP_WIRE_TRAILERS_H
#define COIL_HTTP_WIRE_TRAILERS_H

#include <coil/http.h>

#include "base/buffer.h"

/*
 * Whether a field may stand behind a body: not one that says how the message is
 * to be read, where it goes, who sends it, or what its status means (RFC 9110,
 * 6.5.1), as it would come too late or be believed by some and not by others.
 */
bool coil__http_may_trail(const char *name);

/* Trailers that were received. */
struct coil__http_trailers {
    struct coil_buffer text; /* as they came, with the blank line */
    struct coil_http_header *fields;
    size_t count;
};

/*
 * Take the text apart, at most `max_lines` fields.  Those that may not trail are
 * left out.  A lenient text is repaired first.  Returns 0;
 * COIL_EHTTP_HEADERS_TOO_LARGE; -ENOMEM.
 */
int coil__http_trailers_parse(struct coil__http_trailers *trailers,
                              bool is_lenient, size_t max_lines);

void coil__http_trailers_fini(struct coil__http_trailers *trailers);

#endif
