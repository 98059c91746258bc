/* SPDX-License-Identifier: MIT */
/*
 * coil/http_parts.h - send a form with files: multipart/form-data
 *
 *     const struct coil_http_part parts[] = {
 *         { .name = "title", .body = "Holiday", .size = 7 },
 *         { .name = "photo", .file_name = "beach.jpg", .type = "image/jpeg",
 *           .source = &file.source },
 *     };
 *     struct coil_http_parts *form;
 *
 *     rc = coil_http_parts_new(&form, parts, 2);
 *     if (rc < 0)
 *         return rc;
 *     request.method = "POST";
 *     request.source = coil_http_parts_source(form);
 *     request.headers = coil_http_parts_header(form);
 *     request.header_count = 1;
 *     rc = coil_http_request(client, &request, &response);
 *     coil_http_parts_free(form);
 *
 * Files are read while they are sent and are never whole in memory.  The body's
 * length is announced if that of each part is known; else it is sent in chunks.
 * A form without files can be sent by coil_url_form(), too.
 *
 * Names     are sent as browsers do (the WHATWG's HTML, multipart/form-data):
 *           in UTF-8, with %22 for a double quote, %0D and %0A for line ends.
 *           Bodies are sent as they are.
 * Boundary  It has 128 bits of chance, so that nobody can have put it into a part.
 *
 * asyncio   aiohttp's FormData.  libcurl: curl_mime.
 */
#ifndef COIL_HTTP_PARTS_H
#define COIL_HTTP_PARTS_H

#include <coil/base.h>
#include <coil/http.h>
#include <coil/http_source.h>

#ifdef __cplusplus
extern "C" {
#endif

/* A field of the form. */
struct coil_http_part {
    const char *name;
    const char *file_name; /* NULL: it is no file */
    const char *type; /* NULL: none, or application/octet-stream for a file */
    /* The body: bytes in memory, which are not copied, or a source. */
    const void *body;
    size_t size;
    const struct coil_http_source *source;
};

struct coil_http_parts;

/*
 * Make the body of a form.  `parts` is copied, but bodies and sources are kept
 * until the form is freed.  The form can be sent again if each of its sources can
 * be rewound.  `*out` is returned: release it with coil_http_parts_free().
 *
 * Returns 0, else with `*out` set to NULL
 *   COIL_EHTTP_BAD_HEADER  a type that cannot be sent
 *   -EINVAL                a part with a body in memory and a source
 *   -EOVERFLOW             more than INT64_MAX bytes
 *   -ENOMEM
 */
COIL_API int coil_http_parts_new(struct coil_http_parts **out,
                                 const struct coil_http_part *parts,
                                 size_t count) COIL_MUST_CHECK;

/* The request has ended before this is called.  NULL is allowed. */
COIL_API void coil_http_parts_free(struct coil_http_parts *form);

/*
 * The body.  It ends with COIL_EHTTP_SHORT_SOURCE if the source of a part has
 * fewer bytes than it has said.
 */
COIL_API const struct coil_http_source *
coil_http_parts_source(struct coil_http_parts *form);

/* Content-Type, with the boundary. */
COIL_API const struct coil_http_header *
coil_http_parts_header(const struct coil_http_parts *form);

#ifdef __cplusplus
}
#endif

#endif
