/* SPDX-License-Identifier: MIT */
/*
 * stream_fd_test.c - what the programs stream_fd, stream_fd_faults and
 * stream_fd_terminal share
 */
#include "stream_fd_test.h"

#include <fcntl.h>

struct coil_stream *stream_over(int fd)
{
    struct coil_stream *s = NULL;

    ASSERT_EQ(coil_stream_from_fd(&s, fd), 0);
    return s;
}

bool is_nonblocking(int fd)
{
    return fcntl(fd, F_GETFL) & O_NONBLOCK;
}
