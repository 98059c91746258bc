/* SPDX-License-Identifier: MIT */
/*
 * http/wire/message.h - read messages from a stream: a head, then its body
 *
 *     rc = coil__http_read_head(&reader, &block, ...);
 *     coil__http_begin_body(&reader, &head, has_body);
 *     while ((n = coil__http_read(&reader, buffer, size)) > 0)
 *         ...
 *
 * The reader consumes exactly the message, so that the next one can follow.
 * After an error other than -ECANCELED the stream cannot be used any more.
 */
#ifndef COIL_HTTP_WIRE_MESSAGE_H
#define COIL_HTTP_WIRE_MESSAGE_H

#include <coil/stream.h>
#include <coil/timeout.h>

#include "base/buffer.h"
#include "http/wire/block.h"
#include "http/wire/budget.h"
#include "http/wire/chunked.h"
#include "http/wire/head.h"
#include "http/wire/scan.h"

enum coil__http_body {
    COIL__HTTP_NO_BODY, /* or it has been read */
    COIL__HTTP_SIZED,
    COIL__HTTP_CHUNKED,
    COIL__HTTP_UNTIL_CLOSE,
};

struct coil__http_reader {
    struct coil_stream *stream;
    enum coil__http_kind kind;
    size_t max_size; /* of the head */
    size_t max_lines;
    struct coil__http_share share; /* what the message keeps in memory */

    /* The head that is being read, and what of it has been consumed. */
    struct coil__http_scan scan;
    struct coil_buffer partial;

    /* The body that is being read. */
    enum coil__http_body body;
    uint64_t left;  /* of a sized one */
    size_t counted; /* bytes of it that `share` counts */
    struct coil__http_chunked chunked;
};

void coil__http_reader_init(struct coil__http_reader *reader,
                            enum coil__http_kind kind,
                            struct coil_stream *stream, size_t max_size,
                            size_t max_lines);
void coil__http_reader_fini(struct coil__http_reader *reader);

/* Whether a byte of the message that is being read has come. */
static inline bool coil__http_has_begun(const struct coil__http_reader *reader)
{
    return reader->scan.size > 0;
}

/*
 * Read a head.  What `head` points to lies in `block` and is valid until the
 * block is used again.  If `limit` is not NULL and the head is still incomplete
 * when its first byte has come, `limit` gets a deadline `patience` from then
 * on.  With each further piece of a response's head the deadline moves again.
 *
 * Returns 1; 0 if the stream ended before the first byte; else
 *   -ECANCELED  reading may go on where it was
 *   COIL_EHTTP_MALFORMED, with head->answer set
 *   COIL_EHTTP_HEADERS_TOO_LARGE, COIL_EHTTP_TRUNCATED
 *   what coil_stream_peek() returns
 *   -ENOBUFS, with head->answer set: the budget is used up
 *   -ENOMEM
 */
int coil__http_read_head(struct coil__http_reader *reader,
                         struct coil__http_block *block,
                         const struct coil__http_layout *layout,
                         struct coil__http_head *head,
                         struct coil_timeout *limit, coil_time patience)
    COIL_SUSPENDS;

/* Get ready for the body of the message whose head was read. */
void coil__http_begin_body(struct coil__http_reader *reader,
                           const struct coil__http_head *head, bool has_body);

/* Whether the body has been read to its end. */
static inline bool coil__http_is_read(const struct coil__http_reader *reader)
{
    return reader->body == COIL__HTTP_NO_BODY;
}

/*
 * Read what there is of the body.  Returns how many bytes, 0 at the end, else
 *   -ECANCELED  nothing was consumed
 *   COIL_EHTTP_MALFORMED, COIL_EHTTP_HEADERS_TOO_LARGE, COIL_EHTTP_TRUNCATED
 *   what coil_stream_read() returns
 */
ptrdiff_t coil__http_read(struct coil__http_reader *reader, void *buffer,
                          size_t size) COIL_SUSPENDS;

/*
 * Read the rest of the body, at most `limit` bytes, to the end of `out`, and
 * put a NUL behind it, which is not counted.  The body is read by read(arg, …),
 * a wrapper of coil__http_read().
 *
 * Returns 0, else as read(), and
 *   COIL_EHTTP_BODY_TOO_LARGE: larger than `limit`, or than the whole budget
 *   -ENOBUFS: the budget is used up
 *   -ENOMEM
 */
typedef ptrdiff_t (*coil__http_read_fn)(void *arg, void *buffer, size_t size);
int coil__http_read_all(struct coil__http_reader *reader,
                        struct coil_buffer *out, size_t limit,
                        coil__http_read_fn read, void *arg) COIL_SUSPENDS;

#endif
