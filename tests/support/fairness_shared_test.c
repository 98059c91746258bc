/* SPDX-License-Identifier: MIT */
/*
 * fairness_shared_test.c - what the programs fairness and fairness_giving_way share
 */
#include "fairness_shared_test.h"

/* ---- streams ---- */

int read_all(void *arg)
{
    static char bytes[65536];
    ptrdiff_t n;

    do
        n = coil_stream_read(arg, bytes, sizeof bytes);
    while (n > 0);
    return (int)n;
}

/* ---- the kernel's: descriptors and signals, counted in operations ---- */

uint64_t seen_at;
