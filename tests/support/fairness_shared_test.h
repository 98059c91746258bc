/* SPDX-License-Identifier: MIT */
/* fairness_shared_test.h - what the programs fairness and fairness_giving_way share */
#ifndef COIL_TESTS_FAIRNESS_SHARED_TEST_H
#define COIL_TESTS_FAIRNESS_SHARED_TEST_H

#include <signal.h>
#include <unistd.h>

#include <coil/fd.h>
#include <coil/guest.h>
#include <coil/lock.h>
#include <coil/queue.h>
#include <coil/reader.h>
#include <coil/signal.h>

#include "fairness_test.h"

/* ---- streams ---- */

static inline int read_all(void *arg)
{
    static char bytes[65536];
    ptrdiff_t n;

    do
        n = coil_stream_read(arg, bytes, sizeof bytes);
    while (n > 0);
    return (int)n;
}

/* ---- the kernel's: descriptors and signals, counted in operations ---- */

static uint64_t seen_at;

#endif
