/* SPDX-License-Identifier: MIT */
/*
 * stream_move.c - a stream goes from one loop to another
 *
 * A stream that is detached belongs to no loop.  It looks as if a task read and a
 * task sent a file, so that calls return -EBUSY; but it has no such task, and only
 * its owner has a reference, besides a write that is put off.  Whoever hands the
 * stream's pointer to another thread orders the two threads' memory by that.
 */
#include <coil/loop.h>
#include <coil/threadsafe.h>

#include "loop/loop.h"
#include "net/stream.h"

/* A task that waits, or is about to go on, has a reference. */
static bool is_in_use(const struct coil_stream *s)
{
    return s->reading || s->has_file ||
           s->refs > 1u + s->is_sending + s->is_watched;
}

int coil_stream_detach(struct coil_stream *s)
{
    const struct coil_transport_ops *ops = s->transport->ops;
    int rc;

    coil__stream_check(s);
    if (is_in_use(s))
        return -EBUSY;
    rc = ops->move ? ops->move(s->transport, false) : -ENOTSUP;
    if (rc < 0)
        return rc;
    s->reading = true;
    s->has_file = true;
    s->is_detached = true;
    return 0;
}

int coil_stream_adopt(struct coil_stream *s)
{
    int rc;

    coil__stream_check(s);
    if (!s->is_detached)
        return -EINVAL;
    /* A write that goes on must see the stream as it will be. */
    s->reading = false;
    s->has_file = false;
    rc = s->transport->ops->move(s->transport, true);
    s->is_detached = rc < 0;
    s->reading = rc < 0;
    s->has_file = rc < 0;
    return rc;
}

/* ---- both, in one call ------------------------------------------------------- */

static int adopt_there(void *stream)
{
    return coil_stream_adopt(stream);
}

/*
 * The call is withdrawn if this task is cancelled, unless it has been made.  Its
 * other failures mean that the loop has ended, or lacks memory.
 */
static int hand_over(struct coil_stream *s, struct coil_loop *loop)
{
    struct coil_thread_call call;
    int rc = coil_run_threadsafe(loop, &call, adopt_there, s);

    if (rc < 0)
        return rc;
    rc = coil_thread_call_await(&call);
    if (rc == -EOWNERDEAD || (rc == -ECANCELED && !call.is_cancelled))
        return -ESHUTDOWN;
    return rc;
}

int coil_stream_move(struct coil_stream *s, struct coil_loop *loop)
{
    struct coil_loop *here;
    int rc = coil__checkpoint_in_loop(&here);

    if (rc == 0)
        rc = coil_stream_detach(s);
    if (rc < 0)
        return rc;
    rc = loop == here ? -EAGAIN : hand_over(s, loop);
    if (rc == 0)
        return 0;
    /* It has left this loop, so this cannot fail. */
    (void)!coil_stream_adopt(s);
    return loop == here ? 0 : rc;
}
