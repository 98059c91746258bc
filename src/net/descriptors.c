/* SPDX-License-Identifier: MIT */
#include "net/descriptors.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/memory.h"
#include "loop/operation.h"

/* A ring.  There is room for one mark more than the limit. */
struct coil__descriptors {
    size_t limit;
    size_t first;
    size_t count;
    int fds[]; /* a negative one is a mark */
};

struct coil__descriptors *coil__descriptors_new(size_t limit)
{
    struct coil__descriptors *d;

    if (limit > COIL__DESCRIPTORS_LIMIT)
        limit = COIL__DESCRIPTORS_LIMIT;
    d = coil__alloc(sizeof *d + (limit + 1) * sizeof d->fds[0]);
    if (d)
        d->limit = limit;
    return d;
}

static int *place(struct coil__descriptors *d, size_t i)
{
    return &d->fds[(d->first + i) % (d->limit + 1)];
}

int coil__descriptors_take(struct coil__descriptors *d)
{
    int fd;

    if (d->count == 0)
        return -EAGAIN;
    fd = *place(d, 0);
    d->first = (d->first + 1) % (d->limit + 1);
    d->count--;
    return fd;
}

void coil__descriptors_free(struct coil__descriptors *d)
{
    while (d && d->count > 0) {
        int fd = coil__descriptors_take(d);

        if (fd >= 0)
            close(fd);
    }
    coil__free(d);
}

/* One mark is enough in a row; so there is always room for it. */
static void mark(struct coil__descriptors *d)
{
    if (d->count == 0 || *place(d, d->count - 1) >= 0)
        *place(d, d->count++) = -EMFILE;
}

static void append(struct coil__descriptors *d, const int *fds, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        if (d->count < d->limit) {
            *place(d, d->count++) = fds[i];
        } else {
            close(fds[i]);
            mark(d);
        }
    }
}

/* ---- in messages ------------------------------------------------------ */

size_t coil__descriptors_get(const struct msghdr *header, int *fds, size_t room,
                             bool *lost)
{
    size_t count = 0;
    struct cmsghdr *c;

    *lost = (header->msg_flags & MSG_CTRUNC) != 0;
    for (c = CMSG_FIRSTHDR(header); c;
         c = CMSG_NXTHDR((struct msghdr *)header, c)) {
        size_t n = (c->cmsg_len - CMSG_LEN(0)) / sizeof *fds;

        if (c->cmsg_level != SOL_SOCKET)
            continue; /* of the others there, none is asked for */
        for (size_t i = 0; i < n; i++) {
            int fd;

            memcpy(&fd, CMSG_DATA(c) + i * sizeof fd, sizeof fd);
            if (count < room) {
                fds[count++] = fd;
            } else {
                close(fd);
                *lost = true;
            }
        }
    }
    return count;
}

ptrdiff_t coil__descriptors_receive(struct coil__descriptors *d,
                                    struct coil__backend *backend,
                                    const struct coil_op *read,
                                    const struct coil_stream *stream)
{
    static const struct coil_wait_reason reason = { .name = "stream data" };
    union {
        size_t align;
        char room[COIL__DESCRIPTORS_ROOM];
    } control;
    struct iovec piece = { .iov_base = read->data, .iov_len = read->size };
    struct mmsghdr message = {
        .msg_hdr = { .msg_iov = &piece,
                     .msg_iovlen = 1,
                     .msg_control = &control,
                     .msg_controllen = sizeof control },
    };
    struct coil_op op = {
        .kind = COIL_OP_RECEIVE, .fd = read->fd, .data = &message, .size = 1
    };
    int fds[COIL__DESCRIPTORS_MAX];
    bool lost;
    ptrdiff_t n = coil__operate(backend, &op, &reason, stream);

    if (n < 0)
        return n;
    append(d, fds,
           coil__descriptors_get(&message.msg_hdr, fds, COIL__DESCRIPTORS_MAX,
                                 &lost));
    if (lost)
        mark(d);
    return (ptrdiff_t)message.msg_len;
}
