/* SPDX-License-Identifier: MIT */
#include "process/talk.h"

#include <coil/transport.h>


enum {
    PIECE = 64 * 1024,
    /* A pipe of a program without privileges holds no more. */
    A_PIPE = 1024 * 1024,
};

/* ---- output --------------------------------------------------------------- */

static bool is_over(const struct coil__talk *t)
{
    return t->error < 0 || (t->hearings[0].is_over && t->hearings[1].is_over);
}

static void end_hearing(struct coil__hearing *h, int error)
{
    struct coil__talk *t = h->talk;

    h->is_over = true;
    if (error < 0)
        t->error = error;
    if (is_over(t))
        coil__wake_all(&t->waiter, 0);
}

/* What the stream has read ahead comes first. */
static ptrdiff_t read_piece(struct coil_stream *s, void *data, size_t size)
{
    struct coil_transport *transport = coil_stream_transport(s);
    ptrdiff_t n = coil_stream_read_nowait(s, data, size);

    return n ? n : transport->ops->read_nowait(transport, data, size);
}

/* Read once.  Returns whether there may be more now. */
static bool read_more(struct coil__hearing *h)
{
    size_t limit = h->talk->process->output_limit;
    ptrdiff_t n = coil__buffer_reserve(h->got, PIECE + 1); /* and a NUL */

    if (n == 0)
        n = read_piece(h->stream, coil__buffer_end(h->got), PIECE);
    if (n > 0) {
        coil__buffer_grow(h->got, (size_t)n);
        if (limit == 0 || h->got->size <= limit)
            return true;
        h->got->size = limit;
        n = -EMSGSIZE;
    }
    if (n != -EAGAIN)
        end_hearing(h, (int)n);
    return false;
}

static int listen_again(struct coil__hearing *h);

static void hear(void *arg)
{
    struct coil__hearing *h = arg;

    read_more(h);
    if (!h->is_over)
        (void)listen_again(h);
}

static int listen_again(struct coil__hearing *h)
{
    return coil_stream_watch(h->stream, &h->watch, hear, h);
}

static int begin_hearing(struct coil__talk *t, size_t i,
                         struct coil_stream *stream)
{
    struct coil__hearing *h = &t->hearings[i];

    *h = (struct coil__hearing){
        .talk = t,
        .stream = stream,
        .got = &t->process->got[i],
        .is_over = !stream,
    };
    return stream ? listen_again(h) : 0;
}

int coil__talk_begin(struct coil__talk *t, struct coil_process *p)
{
    int rc;

    if (p->talk)
        return -EBUSY;
    *t = (struct coil__talk){ .process = p };
    rc = begin_hearing(t, 0, p->out ? p->out : p->terminal);
    if (rc < 0)
        return rc;
    p->talk = t;
    rc = begin_hearing(t, 1, p->err);
    if (rc < 0)
        coil__talk_end(t);
    return rc;
}

static void stop_hearing(struct coil__talk *t)
{
    for (size_t i = 0; i < 2; i++)
        if (!t->hearings[i].is_over)
            coil_stream_unwatch(&t->hearings[i].watch);
}

void coil__talk_end(struct coil__talk *t)
{
    stop_hearing(t);
    if (t->process->talk == t)
        t->process->talk = NULL;
}

/* Others may still have the pipe, and write into it for ever. */
static void read_rest(struct coil__hearing *h)
{
    size_t before = h->got->size;

    while (!h->is_over && h->got->size - before < A_PIPE && read_more(h))
        continue;
}

void coil__talk_read_rest(struct coil__talk *t)
{
    stop_hearing(t);
    read_rest(&t->hearings[0]);
    read_rest(&t->hearings[1]);
}

void coil__talk_lose(struct coil_process *p)
{
    struct coil__talk *t = p->talk;

    if (!t)
        return;
    p->talk = NULL;
    stop_hearing(t);
    t->hearings[0].is_over = true;
    end_hearing(&t->hearings[1], -EBADF);
}

/* ---- input ---------------------------------------------------------------- */

static int send_input(struct coil_process *p, const char *input, size_t size)
{
    int rc = 0;

    while (rc == 0 && p->in && p->sent < size) {
        size_t piece = size - p->sent < PIECE ? size - p->sent : PIECE;

        rc = coil_stream_write(p->in, input + p->sent, piece);
        if (rc == 0) {
            p->sent += piece;
            rc = coil_stream_drain(p->in);
        }
    }
    /* A program need not read its input, or not all of it. */
    if (rc < 0 && rc != -EPIPE)
        return rc;
    return coil_process_close_stdin(p);
}

/* ---- both ----------------------------------------------------------------- */

static int await_output(struct coil__talk *t)
{
    static const struct coil_wait_reason reason = { .name = "process output" };
    struct coil_waiter self = COIL_WAITER(&reason, t->process);
    int rc = 0;

    if (!is_over(t)) {
        rc = coil__checkpoint();
        if (rc == 0)
            rc = coil__wait(&t->waiter, &self);
    }
    return rc < 0 ? rc : t->error;
}

int coil__talk_go_on(struct coil__talk *t, const void *input, size_t size)
{
    int rc = send_input(t->process, input, size);

    if (rc == 0)
        rc = await_output(t);
    if (rc == 0)
        rc = coil__process_wait_until(t->process, COIL_NEVER, false);
    return rc;
}
