/* SPDX-License-Identifier: MIT */
/*
 * coil/http_multipart.h - take a large form part by part, while it arrives
 *
 *     struct coil_http_multipart *parts;
 *     const struct coil_http_body_part *part;
 *     char piece[16384];
 *     ptrdiff_t n = 0;
 *     int rc = coil_http_exchange_multipart(exchange, NULL, &parts);
 *
 *     if (rc < 0)
 *         return rc;
 *     while (n >= 0 && (rc = coil_http_multipart_next(parts, &part)) > 0)
 *         while ((n = coil_http_multipart_read(parts, piece, sizeof piece)) > 0)
 *             save(part->file_name, piece, n);
 *
 * At most 16 KiB and one part's headers are in memory, however large the files
 * are.  coil/http_form.h reads a small form whole.
 *
 * aiohttp: request.multipart(); Go: Request.MultipartReader.  RFC 2046, 7578.
 */
#ifndef COIL_HTTP_MULTIPART_H
#define COIL_HTTP_MULTIPART_H

#include <coil/base.h>
#include <coil/http.h>

#ifdef __cplusplus
extern "C" {
#endif

struct coil_http_exchange;
struct coil_http_multipart;

/* Limits.  Zeroed is the default of everything. */
struct coil_http_multipart_limits {
    size_t max_parts;       /* 0: 1000 */
    size_t max_header_size; /* bytes of the headers of a part; 0: 8 KiB */
    size_t max_part_size;   /* bytes of a part's data; 0: as max_size */
    size_t max_size;        /* bytes of the body; 0: 1 GiB */
};

/* A part.  Its text lives until the next call of coil_http_multipart_next(). */
struct coil_http_body_part {
    const char *name;         /* NULL only where the body is no form */
    const char *file_name;    /* as the client says: never use it as a path */
    const char *content_type; /* NULL, as file_name: the client does not say */
    const struct coil_http_header *headers;
    size_t header_count;
};

/*
 * Begin to take a body of the type multipart/form-data, or another multipart
 * type, apart.  Nothing is read yet.  A second call returns the same, with the
 * limits of the first.  `*parts` lives until the handler returns.
 *
 * Returns 0, else
 *   -EPROTOTYPE  the body has another type: 415, if the handler returns this
 *   COIL_EHTTP_MALFORMED  the type has no boundary, or one of more than 70 bytes
 *   -EBUSY    the body has been read, or is being read, in another way
 *   -ENOBUFS  all requests together keep as much as they may (max_buffered)
 *   -ENOMEM
 */
COIL_API int
coil_http_exchange_multipart(struct coil_http_exchange *exchange,
                             const struct coil_http_multipart_limits *limits,
                             struct coil_http_multipart **parts)
    COIL_MUST_CHECK;

/*
 * Go to the next part; what was not read of the last one is dropped.  In a form
 * a part has to have the disposition form-data, and a name.  File names in the
 * form of RFC 5987 (filename*) are ignored, as RFC 7578, 4.2, asks for.
 *
 * Returns 1; 0: there was no other part, and the body has been read to its end;
 * else as coil_http_exchange_read(), and
 *   COIL_EHTTP_MALFORMED  the body is not what its type says
 *   COIL_EHTTP_BODY_TOO_LARGE  one of the limits is exceeded
 *   -ECANCELED  nothing is lost: the next call goes on
 * After another error each call returns the same error.
 */
COIL_API int coil_http_multipart_next(struct coil_http_multipart *parts,
                                      const struct coil_http_body_part **part)
    COIL_SUSPENDS;

/*
 * Read what there is of the data of the part, at least one byte and at most
 * `size`.  Returns how many bytes were read, 0 at the end of the part, or before
 * the first one; else as coil_http_multipart_next().
 */
COIL_API ptrdiff_t coil_http_multipart_read(struct coil_http_multipart *parts,
                                            void *buffer, size_t size)
    COIL_SUSPENDS;

/*
 * Read the rest of a small part into `text`, with a NUL behind it, which is not
 * counted.  Returns how many bytes it has, else as coil_http_multipart_read(),
 * and COIL_EHTTP_BODY_TOO_LARGE: there are `size` bytes or more.  After
 * -ECANCELED what had come of the part is lost.
 */
COIL_API ptrdiff_t coil_http_multipart_text(struct coil_http_multipart *parts,
                                            char *text, size_t size)
    COIL_SUSPENDS;

#ifdef __cplusplus
}
#endif

#endif
