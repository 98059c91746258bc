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

int work_in_pieces(void *arg);

#endif
