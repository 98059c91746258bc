/* SPDX-License-Identifier: MIT */
#include "backend/sys_send_file.h"

#include <errno.h>
#include <sys/sendfile.h>

#include "backend/sys_silence.h"

ptrdiff_t coil__sys_send_file(const struct coil_op *op)
{
    const struct coil_file_part *part = op->data;
    struct coil_silence silence;
    off_t at = (off_t)part->at;
    ptrdiff_t n;

    coil__sys_begin_silence(&silence);
    do
        n = sendfile(op->fd, part->fd, &at, op->size);
    while (n < 0 && errno == EINTR);
    if (n < 0)
        n = -errno;
    coil__sys_end_silence(&silence, n == (ptrdiff_t)op->size);
    return n;
}
