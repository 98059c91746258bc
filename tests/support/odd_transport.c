/* SPDX-License-Identifier: MIT */
/* odd_transport.c - a layer that passes everything on, or does what a test says */
#include "odd_transport.h"

#include "test.h"

static struct coil_transport *below(const struct coil_transport *transport)
{
    return ((const struct odd_transport *)(const void *)transport)->below;
}

static ptrdiff_t pass_read(struct coil_transport *transport, void *data,
                           size_t size, const struct coil_stream *stream)
{
    struct odd_transport *odd = (struct odd_transport *)(void *)transport;
    ptrdiff_t n = odd->below->ops->read(odd->below, data, size, stream);

    odd->holds_writes = odd->holds_writes || odd->will_hold_writes;
    return n;
}

static int pass_wait_readable(struct coil_transport *transport,
                              const struct coil_stream *stream)
{
    return below(transport)->ops->wait_readable(below(transport), stream);
}

static ptrdiff_t pass_read_nowait(struct coil_transport *transport, void *data,
                                  size_t size)
{
    return below(transport)->ops->read_nowait(below(transport), data, size);
}

static bool pass_write(struct coil_transport *transport,
                       struct coil_transport_write *write)
{
    struct odd_transport *odd = (struct odd_transport *)(void *)transport;

    if (odd->fails_writes) {
        write->result = odd->write_result;
        return true;
    }
    if (odd->holds_writes) {
        ASSERT_NULL(odd->held);
        odd->held = write;
        return false;
    }
    return odd->below->ops->write(odd->below, write);
}

static bool pass_shutdown(struct coil_transport *transport,
                          struct coil_transport_write *write)
{
    return below(transport)->ops->shutdown(below(transport), write);
}

static bool pass_is_stale(struct coil_transport *transport)
{
    return below(transport)->ops->is_stale(below(transport));
}

static void pass_local_address(const struct coil_transport *transport,
                               struct coil_address *address)
{
    below(transport)->ops->local_address(below(transport), address);
}

static void pass_peer_address(const struct coil_transport *transport,
                              struct coil_address *address)
{
    below(transport)->ops->peer_address(below(transport), address);
}

static void pass_close(struct coil_transport *transport)
{
    below(transport)->ops->close(below(transport));
}

static void pass_release(struct coil_transport *transport)
{
    struct odd_transport *odd = (struct odd_transport *)(void *)transport;

    ASSERT(!odd->was_released);
    odd->was_released = true;
    if (odd->below->ops->release)
        odd->below->ops->release(odd->below);
}

static bool pass_watch(struct coil_transport *transport,
                       struct coil_transport_watch *watch)
{
    struct odd_transport *odd = (struct odd_transport *)(void *)transport;

    if (odd->rings) {
        odd->rings = false;
        return true;
    }
    return odd->below->ops->watch(odd->below, watch);
}

static void pass_cancel_watch(struct coil_transport *transport)
{
    below(transport)->ops->cancel_watch(below(transport));
}

static const struct coil_transport_ops all = {
    .read = pass_read,
    .wait_readable = pass_wait_readable,
    .read_nowait = pass_read_nowait,
    .write = pass_write,
    .shutdown = pass_shutdown,
    .is_stale = pass_is_stale,
    .local_address = pass_local_address,
    .peer_address = pass_peer_address,
    .close = pass_close,
    .release = pass_release,
    .watch = pass_watch,
    .cancel_watch = pass_cancel_watch,
};

void odd_put(struct odd_transport *odd, struct coil_stream *stream)
{
    *odd = (struct odd_transport){
        .transport = { .ops = &odd->ops },
        .below = coil_stream_transport(stream),
        .ops = all,
    };
    ASSERT_EQ(coil_stream_wrap(stream, &odd->transport), 0);
}

void odd_let_go(struct odd_transport *odd)
{
    struct coil_transport_write *write = odd->held;

    odd->holds_writes = odd->will_hold_writes = false;
    odd->held = NULL;
    if (write && odd->below->ops->write(odd->below, write))
        write->over(write);
}

void odd_refuse(struct odd_transport *odd, ptrdiff_t error)
{
    struct coil_transport_write *write = odd->held;

    ASSERT_NOT_NULL(write);
    odd->held = NULL;
    write->result = error;
    write->over(write);
}
