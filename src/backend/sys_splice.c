/* SPDX-License-Identifier: MIT */
#include "backend/sys_splice.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

#include "backend/sys_silence.h"

static ptrdiff_t splice_between(int from, int to, size_t size)
{
    ssize_t n;

    do
        n = splice(from, NULL, to, NULL, size,
                   SPLICE_F_MOVE | SPLICE_F_NONBLOCK);
    while (n < 0 && errno == EINTR);
    return n < 0 ? -errno : n;
}

ptrdiff_t coil__sys_splice(const struct coil_op *op)
{
    const int *pipe = op->data;
    struct coil_silence silence;
    ptrdiff_t n;

    if (op->kind == COIL_OP_SPLICE_IN)
        return splice_between(op->fd, *pipe, op->size);
    coil__sys_begin_silence(&silence);
    n = splice_between(*pipe, op->fd, op->size);
    coil__sys_end_silence(&silence, n == (ptrdiff_t)op->size);
    return n;
}

int coil__sys_pipe(int ends[2])
{
    if (pipe2(ends, O_NONBLOCK | O_CLOEXEC) == 0)
        return 0;
    ends[0] = ends[1] = -1;
    return -errno;
}

void coil__sys_close_pipe(int ends[2])
{
    close(ends[0]);
    close(ends[1]);
    ends[0] = ends[1] = -1;
}

void coil__sys_empty_pipe(const int ends[2], void *data, size_t size)
{
    ssize_t n = read(ends[0], data, size);

    assert(n == (ssize_t)size);
    (void)n;
}

bool coil__sys_is_nonblocking(int fd)
{
    return (fcntl(fd, F_GETFL) & O_NONBLOCK) != 0;
}
