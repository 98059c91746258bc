/* SPDX-License-Identifier: MIT */
#include <string.h>

#include "loop/operation.h"
#include "base/shortage.h"
#include "net/stream.h"
#include "sched/sink.h"

static void leave_read(struct coil_stream *s)
{
    s->reading = false;
    coil__stream_release(s);
}

static const struct coil_misuse read_by_two = {
    .message = "another task reads from the stream already",
    .error = -EBUSY,
    .cure = "let one task read, and hand on by a queue what it has read",
};

static COIL_COLD int refuse_second_reader(struct coil_stream *s)
{
    coil__stream_check(s);
    coil__report_in_debug(&read_by_two, s);
    return -EBUSY;
}

/*
 * Every read call is: enter_read(), any number of waits inside receive(), and
 * leave_read().  From the first to the last, the caller is the only reader.
 */
static int enter_read(struct coil_stream *s)
{
    int rc = coil__checkpoint();

    if (rc < 0)
        return rc;
    if (COIL_UNLIKELY(s->reading))
        return coil__keep_frame(refuse_second_reader(s));
    s->reading = true;
    coil__stream_hold(s);
    coil__burn(COIL__UNITS_BUFFERED);
    coil__give_way();
    if (s->is_open)
        return 0;
    leave_read(s);
    return -EBADF;
}

/*
 * Receive into `data`.  Returns bytes, 0 at the end, or an error.  After an
 * error, look at is_open: the stream may be closed.
 */
static ptrdiff_t receive(struct coil_stream *s, void *data, size_t size)
{
    ptrdiff_t n;

    /* The task may have been cancelled since its last receive(). */
    n = coil__checkpoint();
    if (n < 0)
        return n;
    if (s->read_error < 0)
        return s->read_error;
    if (s->ended)
        return 0;

    n = s->transport->ops->read(s->transport, data, size, s);
    if (n == -ECANCELED)
        return n;
    /* Even if bytes came: a success would mean that the stream still exists. */
    if (!s->is_open)
        return -EBADF;
    if (n == 0)
        s->ended = true;
    else if (n < 0 && !coil__is_shortage(n))
        s->read_error = (int)n;
    return n;
}

/* Receive up to `size` more bytes into the buffer. */
static ptrdiff_t fill(struct coil_stream *s, size_t size)
{
    ptrdiff_t n;
    int rc;

    if (s->read_error < 0)
        return s->read_error;
    if (s->ended)
        return 0;

    rc = coil__buffer_reserve(&s->in, size);
    if (rc < 0)
        return rc;
    n = receive(s, coil__buffer_end(&s->in), size);
    if (n > 0)
        coil__buffer_grow(&s->in, (size_t)n);
    return n;
}

static void consume(struct coil_stream *s, size_t size)
{
    coil__buffer_consume(&s->in, size);
    /* An idle stream does not keep the memory of a long line or look-ahead. */
    if (s->in.size == 0 && s->in.capacity > COIL__READ_AHEAD)
        coil__buffer_fini(&s->in);
}

/* Move up to `size` buffered bytes to `out`. */
static size_t take(struct coil_stream *s, void *out, size_t size)
{
    size_t n = s->in.size < size ? s->in.size : size;

    if (n == 0)
        return 0;
    memcpy(out, coil__buffer_bytes(&s->in), n);
    consume(s, n);
    return n;
}

ptrdiff_t coil_stream_read(struct coil_stream *s, void *buffer, size_t size)
{
    ptrdiff_t n = enter_read(s);

    if (n < 0)
        return n;
    if (size == 0)
        goto leave;
    if (s->in.size == 0 && size >= COIL__READ_DIRECT) {
        n = receive(s, buffer, size);
        goto leave;
    }
    if (s->in.size == 0)
        n = fill(s, COIL__READ_CHUNK);
    if (n >= 0)
        n = (ptrdiff_t)take(s, buffer, size);

leave:
    leave_read(s);
    return n;
}

ptrdiff_t coil_stream_read_nowait(struct coil_stream *s, void *buffer,
                                  size_t size)
{
    if (!s->reading)
        return (ptrdiff_t)take(s, buffer, size);
    coil__stream_check(s);
    return -EBUSY;
}

/* Read ahead what is there.  Returns whether there may be more. */
static bool read_ahead(struct coil_stream *s)
{
    ptrdiff_t n;

    if (s->ended || s->read_error < 0 || s->in.size >= COIL__READ_AHEAD ||
        coil__buffer_reserve(&s->in, COIL__READ_CHUNK) < 0)
        return false;
    n = s->transport->ops->read_nowait(s->transport, coil__buffer_end(&s->in),
                                       COIL__READ_CHUNK);
    if (n > 0)
        coil__buffer_grow(&s->in, (size_t)n);
    else if (n == 0)
        s->ended = true;
    else if (n != -EAGAIN && !coil__is_shortage(n))
        s->read_error = (int)n;
    return n > 0;
}

bool coil_stream_has_ended(struct coil_stream *s)
{
    /* A watch counts as a reader, but it reads nothing. */
    bool is_reading = s->reading && !s->watch;

    coil__stream_check(s);
    while (!is_reading && s->transport->ops->read_nowait && read_ahead(s))
        ;
    if (!is_reading && s->in.size == 0 && s->in.capacity > 0)
        coil__buffer_fini(&s->in);
    return s->ended || s->read_error < 0 || s->write_error < 0;
}

/* Wait for input if nothing is known of any. */
static int wait_for_input(struct coil_stream *s)
{
    int rc;

    if (s->in.size > 0 || s->ended)
        return 0;
    if (s->read_error < 0)
        return s->read_error;
    if (s->in.capacity > 0)
        coil__buffer_fini(&s->in);
    rc = s->transport->ops->wait_readable(s->transport, s);
    if (rc == -ECANCELED)
        return rc;
    if (!s->is_open)
        return -EBADF;
    if (rc < 0 && !coil__is_shortage(rc))
        s->read_error = rc;
    return rc;
}

int coil_stream_wait_readable(struct coil_stream *s)
{
    int rc = enter_read(s);

    if (rc < 0)
        return rc;
    rc = wait_for_input(s);
    leave_read(s);
    return rc;
}

/*
 * Give back what a failing call has taken, if the buffer may hold it and can.
 * The buffer is empty: otherwise the call would have taken more.  Returns how
 * many bytes stay consumed.
 */
static size_t give_back(struct coil_stream *s, const void *data, size_t size)
{
    if (!s->is_open || size > COIL__READ_AHEAD)
        return size;
    return coil__buffer_append(&s->in, data, size) < 0 ? size : 0;
}

int coil_stream_read_exactly(struct coil_stream *s, void *buffer, size_t size,
                             size_t *got)
{
    unsigned char *out = buffer;
    size_t filled = 0;
    ptrdiff_t n;

    if (got)
        *got = 0;
    n = enter_read(s);
    if (n < 0)
        return (int)n;

    filled = take(s, out, size);
    while (filled < size) {
        if (size - filled >= COIL__READ_DIRECT)
            n = receive(s, out + filled, size - filled);
        else
            n = fill(s, COIL__READ_CHUNK);
        if (n == 0)
            n = -EPIPE;
        if (n < 0)
            break;
        if (s->in.size > 0)
            n = (ptrdiff_t)take(s, out + filled, size - filled);
        filled += (size_t)n;
    }
    if (n < 0)
        filled = give_back(s, out, filled);
    if (got)
        *got = filled;
    leave_read(s);
    return n < 0 ? (int)n : 0;
}

int coil_stream_read_until(struct coil_stream *s, const void *separator,
                           size_t separator_size, void *buffer, size_t size,
                           size_t *length)
{
    size_t limit = size < COIL__READ_AHEAD ? size : COIL__READ_AHEAD;
    size_t searched = 0; /* no separator begins before this */
    ptrdiff_t n = enter_read(s);

    if (n < 0)
        return (int)n;
    if (separator_size == 0)
        n = -EINVAL;

    while (n >= 0) {
        size_t there = s->in.size < limit ? s->in.size : limit;
        unsigned char *bytes = coil__buffer_bytes(&s->in);
        unsigned char *found = NULL;
        size_t room = COIL__READ_AHEAD - there;

        if (there >= searched + separator_size)
            found = memmem(bytes + searched, there - searched, separator,
                           separator_size);
        if (found) {
            *length = (size_t)(found - bytes) + separator_size;
            take(s, buffer, *length);
            n = 0;
            break;
        }
        if (there == limit) {
            n = -EMSGSIZE;
            break;
        }
        if (there >= separator_size)
            searched = there - separator_size + 1;
        n = fill(s, room < COIL__READ_CHUNK ? room : COIL__READ_CHUNK);
        if (n == 0)
            n = -EPIPE;
    }
    leave_read(s);
    return (int)n;
}

ptrdiff_t coil_stream_peek(struct coil_stream *s, const void **data)
{
    return coil__keep_counting_frame(coil_stream_peek_more(s, 0, data));
}

ptrdiff_t coil_stream_peek_more(struct coil_stream *s, size_t seen,
                                const void **data)
{
    ptrdiff_t n = enter_read(s);

    if (n < 0)
        return n;
    while (s->in.size <= seen) {
        n = fill(s, COIL__READ_CHUNK);
        if (n <= 0)
            goto leave;
    }
    n = (ptrdiff_t)s->in.size;

leave:
    if (n >= 0)
        *data = coil__buffer_bytes(&s->in);
    leave_read(s);
    return n;
}

static const struct coil_misuse consumed_while_reading = {
    .function = "coil_stream_consume",
    .message = "bytes are consumed while a task reads",
    .error = -EBUSY,
    .cure = "let the task that reads consume them",
};

void coil_stream_consume(struct coil_stream *s, size_t size)
{
    if (s->reading) {
        coil__stream_check(s);
        coil__report_misuse(&consumed_while_reading, s);
        return;
    }
    consume(s, size);
}
