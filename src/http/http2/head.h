/* SPDX-License-Identifier: MIT */
/*
 * http/http2/head.h - a head as HTTP/2 carries it: fields, some of which say what
 * the first line of HTTP/1.1 says
 *
 * nghttp2 has checked what RFC 9113, 8.2 and 8.3 ask of names, values and the
 * fields that begin with ":".
 */
#ifndef COIL_HTTP_HTTP2_HEAD_H
#define COIL_HTTP_HTTP2_HEAD_H

#include <stdbool.h>
#include <stddef.h>

#include <coil/list.h>

#include "base/buffer.h"
#include "http/wire/block.h"
#include "http/wire/head.h"
#include "http/wire/trailers.h"

/* A head that is larger by this, encoded or not, is not refused in words. */
enum { COIL__HTTP2_HEAD_FACTOR = 4 };

/* How large a head may be, as SETTINGS_MAX_HEADER_LIST_SIZE counts. */
struct coil__http2_head_limits {
    size_t size;
    size_t fields;
};

/* A head that is being received, or has been received. */
struct coil__http2_head {
    struct coil_link link;
    struct coil_buffer
        text; /* each name and each value, with a NUL behind it */
    size_t fields;
    size_t size;       /* of all fields, as the limit counts */
    bool is_too_large; /* what is beyond the limits was dropped */
};

/* Returns NULL if there is no memory. */
struct coil__http2_head *coil__http2_head_new(void);
void coil__http2_head_free(struct coil__http2_head *head);
void coil__http2_head_free_all(struct coil_list *heads);

/* Add a field, or drop it if it is too much.  Returns 0; -ENOMEM. */
int coil__http2_head_add(struct coil__http2_head *head,
                         const struct coil__http2_head_limits *limits,
                         const void *name, size_t name_size, const void *value,
                         size_t value_size);

/*
 * Put the head of a request or of a response into `block`, as
 * coil__http_read_head() does.  Cookies become one field (RFC 9113, 8.2.3), and
 * ":authority" becomes the field "host".
 *
 * Returns 0; COIL_EHTTP_MALFORMED, with out->answer set; -ENOMEM.
 */
int coil__http2_head_place(const struct coil__http2_head *head,
                           enum coil__http_kind kind,
                           struct coil__http_block *block,
                           const struct coil__http_layout *layout,
                           struct coil__http_head *out);

/*
 * Make trailers of the head, whose text they get.  Fields that may not trail are
 * left out.  Returns 0; -ENOMEM.
 */
int coil__http2_head_take_trailers(struct coil__http2_head *head,
                                   struct coil__http_trailers *trailers);

#endif
