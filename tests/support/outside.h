/* SPDX-License-Identifier: MIT */
/*
 * outside.h - scenarios (scenario.h) on the kernel, with other threads
 *
 * What other threads do comes in an order that repeats, and nobody waits for a
 * time: before anything of which the loop hears, a thread passes the gate, and
 * one is let through only while the loop has nothing else to do.  So a victim's
 * suspensions are the same in each run, and the thread whose work it waits for
 * is held for as long as it takes to cancel the victim in peace; or, when idle,
 * is let go, and the victim is cancelled when the news has come, but the loop has
 * not looked yet.
 *
 * Every second schedule is played in a thread of its own, every third on a loop
 * that poll(2) drives as a guest.  After each run there are as many threads,
 * descriptors and allocations as before it.
 */
#ifndef COIL_TESTS_OUTSIDE_H
#define COIL_TESTS_OUTSIDE_H

#include <poll.h>
#include <pthread.h>
#include <stdatomic.h>

#include "scenario.h"

/* The calls that are never made to fail. */
extern int (*make_thread)(pthread_t *thread, const pthread_attr_t *attributes,
                          void *(*fn)(void *arg), void *arg);
extern int (*ask_kernel)(struct pollfd *fds, nfds_t n, int limit);

/* ---- the gate ---- */

struct gate {
    pthread_mutex_t mutex;
    pthread_cond_t moved;
    unsigned open; /* to so many */
    unsigned width;
    bool for_good;
};

extern struct gate stage_gate;

/* For another thread, whose news comes soon after. */
void pass_stage_gate(void);

void set_gate(unsigned open, bool for_good);

/* ---- a loop on the kernel ---- */

extern const struct coil__backend_ops *kernel;
extern struct coil_loop *stage;
extern bool news_came_first;    /* before the idle function's work */
extern struct coil_loop *guest; /* of the stage's tasks; closed after it */

/* ---- threads of the surroundings ---- */

extern int outsiders_at_work;
extern struct coil_future all_left; /* done when none is */

/* The stage waits for the thread, which takes no signal. */
void begin_outsider(void (*fn)(void *arg), void *arg);

/* Wait until all have done their work. */
void await_outsiders(void);

void end_outside(void);

/* ---- the surroundings of all runs ---- */

extern const struct theatre on_the_kernel;

#endif
