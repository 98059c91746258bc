/* SPDX-License-Identifier: MIT */
/* threads.h - a pool of threads, for the programs of other files as well */
#ifndef COIL_TESTS_SCENARIOS_THREADS_H
#define COIL_TESTS_SCENARIOS_THREADS_H

#include <stdatomic.h>

#include <coil/executor.h>

extern struct coil_executor *pool;
extern atomic_int calls_begun;
extern atomic_int sums[2]; /* of the calls of run_two() */

/* Called in another thread, which passes the stage_gate; adds one to `*arg`. */
int increment(void *arg);

/* Called in another thread; adds one to `*arg`.  The stage is not told. */
int increment_unseen(void *arg);

int open_pool(size_t threads);
void close_pool(void);
int run_two(void *arg);
void probe_pool(void);
int shut_pool_down(void *arg);
void probe_shutdown(void);
int compute_in_thread(void *arg);
int compute_as_task(void);

#endif
