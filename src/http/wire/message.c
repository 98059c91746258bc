/* SPDX-License-Identifier: MIT */
#include "http/wire/message.h"

#include <string.h>

#include <coil/sleep.h>

#include "base/memory.h"
#include "http/wire/parse.h"
#include "http/wire/repair.h"

/* What is read at first where a length is not known; a NUL comes behind. */
enum {
    SMALL_HEAD = 4 * 1024, /* is not counted if it comes in one piece */
    FIRST_CHUNKED = 4 * 1024 - 1,
    FIRST_READ = 16 * 1024 - 1,
};

void coil__http_reader_init(struct coil__http_reader *r,
                            enum coil__http_kind kind,
                            struct coil_stream *stream, size_t max_size,
                            size_t max_lines)
{
    *r = (struct coil__http_reader){
        .stream = stream,
        .kind = kind,
        .max_size = max_size,
        .max_lines = max_lines,
    };
}

void coil__http_reader_fini(struct coil__http_reader *r)
{
    coil__buffer_fini(&r->partial);
}

/* ---- the head --------------------------------------------------------- */

/*
 * Put the head, whose last `size` bytes are `bytes`, with `rest` more behind
 * them, into the block, as: front, table of headers, head, NUL, spare.
 */
static int place_head(struct coil__http_reader *r,
                      struct coil__http_block *block,
                      const struct coil__http_layout *layout,
                      struct coil__http_head *head, const char *bytes,
                      size_t size, size_t rest)
{
    size_t earlier = r->partial.size;
    size_t front = coil__http_block_align(layout->front);
    size_t table = r->scan.lines * sizeof(struct coil_http_header);
    size_t whole = earlier + size;
    size_t back = layout->back;
    bool is_lenient = r->kind == COIL__HTTP_LENIENT;
    size_t room = is_lenient ? coil__http_repair_room(r->scan.lines + 1) : 0;
    bool is_repaired = false;
    char *text;
    int rc;

    back += layout->back_heads * whole;
    if (layout->back_rest)
        back += rest;
    rc = coil__http_block_reserve(block,
                                  front + table + room + whole + 1 + back);
    if (rc < 0)
        return rc;

    text = block->memory + front + table;
    if (earlier > 0)
        memcpy(text + room, coil__buffer_bytes(&r->partial), earlier);
    memcpy(text + room + earlier, bytes, size);
    block->spare = text + room + whole + 1;
    if (is_lenient)
        whole = coil__http_repair(text, text + room, whole, &is_repaired);
    text[whole] = '\0';
    rc = coil__http_head_parse(
        head, r->kind, text, whole,
        (struct coil_http_header *)(void *)(block->memory + front));
    head->is_repaired |= is_repaired;
    return rc;
}

/* Get ready for another head. */
static void forget_head(struct coil__http_reader *r)
{
    r->scan = (struct coil__http_scan){ 0 };
    coil__buffer_fini(&r->partial);
}

/* Keep the first `used` bytes of those that have come, until more come. */
static int keep_part(struct coil__http_reader *r, struct coil__http_head *head,
                     const void *data, size_t used)
{
    int rc = coil__http_share_take(&r->share, used);

    if (rc < 0)
        head->answer = 503;
    if (rc == 0)
        rc = coil__buffer_append(&r->partial, data, used);
    if (rc == 0)
        coil_stream_consume(r->stream, used);
    return rc;
}

/* Count a head that is about to be placed, but for what is counted already. */
static int count_head(struct coil__http_reader *r, struct coil__http_head *head,
                      size_t used)
{
    int rc = 0;

    if (r->partial.size + used > SMALL_HEAD)
        rc = coil__http_share_take(&r->share, used);
    if (rc < 0)
        head->answer = 503;
    return rc;
}

/* The error of a stream that ended within a head. */
static int truncated_head(const struct coil__http_reader *r)
{
    return r->scan.size == 0 ? 0 : COIL_EHTTP_TRUNCATED;
}

int coil__http_read_head(struct coil__http_reader *r,
                         struct coil__http_block *block,
                         const struct coil__http_layout *layout,
                         struct coil__http_head *head,
                         struct coil_timeout *limit, coil_time patience)
{
    head->answer = 400;
    for (;;) {
        const void *data;
        ptrdiff_t n = coil_stream_peek(r->stream, &data);
        bool is_first = r->scan.size == 0;
        size_t used;
        int rc;

        if (n == 0)
            return truncated_head(r);
        if (n < 0)
            return (int)n;
        rc = coil__http_scan(&r->scan, r->kind, r->max_size, r->max_lines, data,
                             (size_t)n, &used);
        if (rc == COIL_EHTTP_HEADERS_TOO_LARGE)
            head->answer = 431;
        if (rc < 0)
            return rc;
        if (rc > 0) {
            rc = count_head(r, head, used);
            if (rc == 0)
                rc = place_head(r, block, layout, head, data, used,
                                (size_t)n - used);
            if (rc < 0)
                return rc;
            coil_stream_consume(r->stream, used);
            forget_head(r);
            return 1;
        }

        rc = keep_part(r, head, data, used);
        if (rc < 0)
            return rc;
        if (limit && (is_first || r->kind != COIL__HTTP_REQUEST))
            coil_timeout_reschedule(limit, coil_after(patience));
    }
}

/* ---- the body --------------------------------------------------------- */

void coil__http_begin_body(struct coil__http_reader *r,
                           const struct coil__http_head *head, bool has_body)
{
    r->body = COIL__HTTP_NO_BODY;
    r->counted = 0;
    if (!has_body)
        return;
    if (head->is_chunked) {
        r->body = COIL__HTTP_CHUNKED;
        r->chunked = (struct coil__http_chunked){
            .may_fold = r->kind != COIL__HTTP_REQUEST,
            .is_lenient = r->kind == COIL__HTTP_LENIENT,
        };
    } else if (head->content_length > 0) {
        r->body = COIL__HTTP_SIZED;
        r->left = (uint64_t)head->content_length;
    } else if (head->content_length < 0 && r->kind != COIL__HTTP_REQUEST) {
        r->body = COIL__HTTP_UNTIL_CLOSE;
    }
}

static ptrdiff_t read_sized(struct coil__http_reader *r, void *buffer,
                            size_t size)
{
    ptrdiff_t n;

    if (size > r->left)
        size = (size_t)r->left;
    n = coil_stream_read(r->stream, buffer, size);
    if (n == 0)
        return COIL_EHTTP_TRUNCATED;
    if (n > 0)
        r->left -= (uint64_t)n;
    if (r->left == 0)
        r->body = COIL__HTTP_NO_BODY;
    return n;
}

static ptrdiff_t read_until_close(struct coil__http_reader *r, void *buffer,
                                  size_t size)
{
    ptrdiff_t n = coil_stream_read(r->stream, buffer, size);

    if (n == 0)
        r->body = COIL__HTTP_NO_BODY;
    return n;
}

/* Take the bytes of the body that have come. */
static ptrdiff_t take_chunks(struct coil__http_reader *r, const char *bytes,
                             size_t size, char *out, size_t room)
{
    size_t taken = 0;
    size_t at = 0;
    int rc = 0;

    while (at < size) {
        size_t used;
        size_t n = size - at;

        rc = coil__http_chunked_skip(&r->chunked, bytes + at, n, &used);
        if (rc != 0) {
            at += rc > 0 ? used : 0;
            break;
        }
        at += used;
        n = size - at;
        if (n > r->chunked.left)
            n = (size_t)r->chunked.left;
        if (n > room - taken)
            n = room - taken;
        memcpy(out + taken, bytes + at, n);
        coil__http_chunked_take(&r->chunked, n);
        taken += n;
        at += n;
        if (taken == room && r->chunked.left > 0)
            break;
    }
    coil_stream_consume(r->stream, at);
    if (rc > 0)
        r->body = COIL__HTTP_NO_BODY;
    /* The bytes before an error are good.  The next call meets the error. */
    return rc < 0 && taken == 0 ? rc : (ptrdiff_t)taken;
}

static ptrdiff_t read_chunked(struct coil__http_reader *r, void *buffer,
                              size_t size)
{
    ptrdiff_t taken;

    do {
        const void *data;
        ptrdiff_t n = coil_stream_peek(r->stream, &data);

        if (n == 0 && coil__http_chunked_is_over(&r->chunked)) {
            r->body = COIL__HTTP_NO_BODY;
            return 0;
        }
        if (n == 0)
            return COIL_EHTTP_TRUNCATED;
        if (n < 0)
            return n;
        taken = take_chunks(r, data, (size_t)n, buffer, size);
    } while (taken == 0 && r->body == COIL__HTTP_CHUNKED);
    return taken;
}

ptrdiff_t coil__http_read(struct coil__http_reader *r, void *buffer,
                          size_t size)
{
    if (r->body == COIL__HTTP_NO_BODY || size == 0)
        return coil_checkpoint();
    if (r->body == COIL__HTTP_CHUNKED)
        return read_chunked(r, buffer, size);
    if (r->body == COIL__HTTP_SIZED)
        return read_sized(r, buffer, size);
    return read_until_close(r, buffer, size);
}

/*
 * How much to ask for next: what is left, but in steps, so that a peer that
 * announces too much cannot use up memory.
 */
static size_t next_size(const struct coil__http_reader *r,
                        const struct coil_buffer *out)
{
    size_t size = r->body == COIL__HTTP_CHUNKED ? FIRST_CHUNKED : FIRST_READ;

    if (size < out->size)
        size = out->size;
    if (r->body == COIL__HTTP_SIZED && r->left < size)
        size = (size_t)r->left;
    return size;
}

/*
 * Make room for `*size` more bytes and a NUL, or for fewer bytes if the budget
 * has no more.  What was counted for a read that failed still counts.
 */
static int make_room(struct coil__http_reader *r, struct coil_buffer *out,
                     size_t *size)
{
    size_t counted = r->counted > out->size ? r->counted - out->size : 0;
    size_t left = coil__http_share_left(&r->share);
    int rc;

    if (left<SIZE_MAX - counted && * size> left + counted)
        *size = left + counted;
    if (*size == 0)
        return -ENOBUFS;
    rc = coil__buffer_reserve(out, *size + 1);
    if (rc == 0 && *size > counted) {
        rc = coil__http_share_take(&r->share, *size - counted);
        r->counted = out->size + *size;
    }
    return rc;
}

/* Whether a body of which the length is known can never be kept. */
static bool is_too_large(const struct coil__http_reader *r, size_t limit)
{
    const struct coil__http_budget *budget = r->share.budget;

    if (r->body != COIL__HTTP_SIZED)
        return false;
    return r->left > limit || (budget && r->left > budget->limit);
}

int coil__http_read_all(struct coil__http_reader *r, struct coil_buffer *out,
                        size_t limit, coil__http_read_fn read, void *arg)
{
    if (is_too_large(r, limit))
        return COIL_EHTTP_BODY_TOO_LARGE;
    do {
        size_t size = next_size(r, out);
        ptrdiff_t n;
        int rc = make_room(r, out, &size);

        if (rc < 0)
            return rc;
        n = read(arg, coil__buffer_end(out), size);
        if (n < 0)
            return (int)n;
        coil__buffer_grow(out, (size_t)n);
        if (out->size > limit)
            return COIL_EHTTP_BODY_TOO_LARGE;
    } while (r->body != COIL__HTTP_NO_BODY);
    *coil__buffer_end(out) = '\0';
    return 0;
}
