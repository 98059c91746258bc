/* SPDX-License-Identifier: MIT */
/* stream_read_test.h - what the programs stream_read and stream_read_until share */
#ifndef COIL_TESTS_STREAM_READ_TEST_H
#define COIL_TESTS_STREAM_READ_TEST_H

#include "stream_test.h"

/* ---- read ---- */

int read_four(void *arg);

/* ---- read_exactly ---- */

struct sender {
    struct coil_stream *stream;
    size_t size;
    size_t piece; /* 0: pieces of all sizes */
    bool shut;    /* and then end */
};

int send_bytes(void *arg);

#endif
