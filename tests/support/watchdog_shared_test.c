/* SPDX-License-Identifier: MIT */
/*
 * watchdog_shared_test.c - what the programs watchdog and watchdog_thread share
 */
#include "watchdog_shared_test.h"

/* ---- when not ------------------------------------------------------------- */

int work_in_pieces(void *arg)
{
    (void)arg;
    for (int i = 0; i < 60; i++) {
        int rc = i % 2 ? coil_yield() : coil_sleep(COIL_MILLISECOND);

        if (rc < 0)
            return rc;
        compute(8 * COIL_MILLISECOND);
    }
    return coil_sleep(300 * COIL_MILLISECOND);
}
