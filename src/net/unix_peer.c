/* SPDX-License-Identifier: MIT */
/*
 * unix_peer.c - what only Unix sockets tell and carry: who is there, and
 * descriptors
 */
#include <coil/unix.h>

#include <string.h>

#include <coil/error.h>
#include <coil/stream.h>

#include "loop/operation.h"
#include "net/control.h"
#include "net/descriptors.h"
#include "net/socket_stream.h"
#include "net/stream.h"
#include "net/stream_write.h"

int coil_unix_peer(const struct coil_stream *stream,
                   struct coil_unix_peer *peer)
{
    struct coil__backend *backend;
    struct coil_address local;
    struct ucred found;
    int fd = coil__socket_stream_fd(stream, &backend);
    int rc;

    if (fd < 0)
        return fd;
    coil_stream_local_address(stream, &local);
    if (local.storage.ss_family != AF_UNIX)
        return -EINVAL;
    rc = backend->ops->credentials(backend, fd, &found);
    if (rc < 0)
        return rc;
    *peer = (struct coil_unix_peer){ .pid = found.pid,
                                     .uid = found.uid,
                                     .gid = found.gid };
    return 0;
}

/* ---- descriptors ------------------------------------------------------ */

/*
 * Send the first bytes with the descriptors.  Nobody puts a layer over the socket
 * meanwhile.  Returns how many, or an error.
 */
static ptrdiff_t send_with(struct coil_stream *s, const int *fds, size_t count,
                           const void *data, size_t size)
{
    static const struct coil_wait_reason reason = { .name = "stream send" };
    union {
        size_t align;
        char room[COIL__DESCRIPTORS_ROOM];
    } control;
    struct iovec piece = { .iov_base = (void *)data, .iov_len = size };
    struct mmsghdr message = {
        .msg_hdr = { .msg_iov = &piece,
                     .msg_iovlen = 1,
                     .msg_control = &control },
    };
    struct coil__backend *backend;
    struct coil_op op = { .kind = COIL_OP_SEND, .data = &message, .size = 1 };
    size_t used = 0;
    ptrdiff_t n;

    op.fd = coil__socket_stream_fd(s, &backend);
    memset(&control, 0, sizeof control);
    coil__control_put(&message.msg_hdr, &used, SOL_SOCKET, SCM_RIGHTS, fds,
                      count * sizeof *fds);
    message.msg_hdr.msg_controllen = used;
    n = coil__operate(backend, &op, &reason, s);
    return n < 0 ? n : (ptrdiff_t)message.msg_len;
}

static int send_all(struct coil_stream *s, const int *fds, size_t count,
                    const void *data, size_t size)
{
    ptrdiff_t n = coil_stream_flush(s);

    if (n < 0)
        return (int)n;
    n = send_with(s, fds, count, data, size);
    if (n < 0)
        return (int)n;
    s->has_file = false;
    if (!s->is_open)
        return -EBADF;
    if ((size_t)n == size)
        return 0;
    return coil_stream_write(s, (const char *)data + n, size - (size_t)n);
}

int coil_unix_send_descriptors(struct coil_stream *s, const int *fds,
                               size_t count, const void *data, size_t size)
{
    struct coil__backend *backend;
    int rc = coil__checkpoint();

    if (rc == 0)
        rc = coil__socket_stream_fd(s, &backend);
    if (rc < 0)
        return rc;
    if (count == 0 || count > COIL__DESCRIPTORS_MAX || size == 0)
        return -EINVAL;
    rc = coil__stream_begin_sending(s);
    if (rc < 0)
        return rc;
    rc = send_all(s, fds, count, data, size);
    coil__stream_end_sending(s);
    return rc;
}

int coil_unix_take_descriptor(struct coil_stream *stream)
{
    struct coil__descriptors *kept = coil__socket_stream_kept(stream);

    return kept ? coil__descriptors_take(kept) : -EOPNOTSUPP;
}
