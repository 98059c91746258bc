/* SPDX-License-Identifier: MIT */
/*
 * stream_case.c - the input of a stream in a selection
 *
 * The task stands in a list of the stream, which is decided by a watch
 * (stream_watch.c), or by whoever closes the stream.
 */
#include "base/platform.h"
#include "net/stream.h"
#include "sched/select.h"

struct reader {
    struct coil_waiter waiter; /* first */
    struct coil_stream_watch watch;
};

COIL__SELECT_FITS(struct reader);

static void hear(void *arg)
{
    struct reader *reader = arg;

    if (reader->waiter.queue)
        coil__decide(&reader->waiter, 0);
}

static bool attempt(const struct coil_select_case *c, int *result)
{
    const struct coil_stream *s = c->object;

    coil__stream_check(s);
    *result = s->reading ? -EBUSY : 0;
    return s->reading || s->in.size > 0 || s->ended || s->read_error < 0;
}

static bool stand(const struct coil_select_case *c,
                  union coil__select_entry *entry, int *result)
{
    struct reader *reader = (struct reader *)(void *)entry;
    struct coil_stream *s = c->object;

    *result = coil_stream_watch(s, &reader->watch, hear, reader);
    if (*result < 0) {
        reader->watch.stream = NULL;
        return false;
    }
    coil__waitq_append(&s->selecting, &reader->waiter);
    return true;
}

/* The stream may have gone: then it has taken the watch back. */
static void end(const struct coil_select_case *c,
                union coil__select_entry *entry)
{
    (void)c;
    coil_stream_unwatch(&((struct reader *)(void *)entry)->watch);
}

struct coil_select_case
coil_stream_wait_readable_case(struct coil_stream *stream)
{
    static const struct coil_wait_reason reason = { .name = "stream data" };
    static const struct coil_select_kind kind = {
        .reason = &reason,
        .attempt = attempt,
        .stand = stand,
        .end = end,
    };

    return (struct coil_select_case){ .kind = &kind, .object = stream };
}
