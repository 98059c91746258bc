/* SPDX-License-Identifier: MIT */
/*
 * stream_fd_test.h - what the programs stream_fd, stream_fd_faults and
 * stream_fd_terminal share
 */
#ifndef COIL_TESTS_STREAM_FD_TEST_H
#define COIL_TESTS_STREAM_FD_TEST_H

#include <coil/stream_fd.h>

#include "stream_test.h"

struct coil_stream *stream_over(int fd);

bool is_nonblocking(int fd);

#endif
