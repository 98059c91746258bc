/* SPDX-License-Identifier: MIT */
/* fork_test.h - what the programs fork and fork_threads share */
#ifndef COIL_TESTS_FORK_TEST_H
#define COIL_TESTS_FORK_TEST_H

#include <errno.h>
#include <pthread.h>
#include <semaphore.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/wait.h>

#include <coil/executor.h>
#include <coil/fd.h>
#include <coil/guest.h>
#include <coil/lock.h>
#include <coil/reader.h>
#include <coil/resolve.h>
#include <coil/signal.h>
#include <coil/testing.h>
#include <coil/thread.h>
#include <coil/threadsafe.h>

#include "loop_test.h"

enum { GOOD = 23 }; /* the exit status of a child whose tests passed */

/*
 * In the child: run body(arg); a failed assertion ends it with another status.
 */
pid_t fork_and(void (*body)(void *arg), void *arg);

void await_child(pid_t pid);
int seven(void *arg);
int do_some(void *arg);

/* ---- a task that forks ---- */

extern pid_t child_of_task;

#endif
