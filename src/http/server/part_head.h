/* SPDX-License-Identifier: MIT */
/*
 * http/server/part_head.h - the headers of a part of a body (RFC 7578)
 */
#ifndef COIL_HTTP_SERVER_PART_HEAD_H
#define COIL_HTTP_SERVER_PART_HEAD_H

#include <stdbool.h>
#include <stddef.h>

#include <coil/http.h>

#include "http/wire/text.h"

enum { COIL__PART_HEADERS = 16 };

struct coil__part_head {
    struct coil_http_header headers[COIL__PART_HEADERS];
    size_t count;
    const char *name;      /* NULL: not said */
    const char *file_name; /* NULL: not said */
    const char *content_type;
};

/*
 * Take `lines` apart, which are whole lines.  The text is written to `*room`,
 * which moves on, by 2 * lines.size + 2 bytes at most.  A part of a form must be
 * called something.  Returns 0, or COIL_EHTTP_MALFORMED.
 */
int coil__part_head_take(struct coil__part_head *head,
                         struct coil__http_slice lines, bool is_form,
                         char **room);

#endif
