/* SPDX-License-Identifier: MIT */
/*
 * http/http2/lines.h - a head that is to be sent, as the fields of nghttp2
 *
 * Both sides put the lines of a head together as for HTTP/1.1.  Here they are
 * taken apart again, so that there is one opinion about what a head says.
 */
#ifndef COIL_HTTP_HTTP2_LINES_H
#define COIL_HTTP_HTTP2_LINES_H

#include <nghttp2/nghttp2.h>
#include <stdbool.h>
#include <stddef.h>

enum { COIL__HTTP2_FEW = 32 };

/* Fields.  The texts belong to others.  Zeroed it is empty. */
struct coil__http2_fields {
    nghttp2_nv few[COIL__HTTP2_FEW];
    nghttp2_nv *many; /* instead of `few`, if there are more */
    size_t count;
    size_t room;
    int rc; /* 0, or -ENOMEM: some are missing */
};

void coil__http2_fields_fini(struct coil__http2_fields *fields);

void coil__http2_fields_add(struct coil__http2_fields *fields, const char *name,
                            size_t name_size, const char *value,
                            size_t value_size);

/*
 * Add the lines "Name: value", each of which ends with CR LF; an empty line ends
 * them.  The names become lower case, in place.  Lines that have no meaning in
 * HTTP/2 (RFC 9113, 8.2.2), and "Host" unless `has_host`, are left out.
 */
void coil__http2_fields_add_lines(struct coil__http2_fields *fields,
                                  char *lines, size_t size, bool has_host);

static inline nghttp2_nv *
coil__http2_fields_at(struct coil__http2_fields *fields)
{
    return fields->many ? fields->many : fields->few;
}

#endif
