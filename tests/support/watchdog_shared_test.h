/* SPDX-License-Identifier: MIT */
/* watchdog_shared_test.h - what the programs watchdog and watchdog_thread share */
#ifndef COIL_TESTS_WATCHDOG_SHARED_TEST_H
#define COIL_TESTS_WATCHDOG_SHARED_TEST_H

#include <alloca.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <coil/event.h>
#include <coil/guest.h>

#include "watchdog_test.h"

/* ---- when not ------------------------------------------------------------- */

static inline int work_in_pieces(void *arg)
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

#endif
