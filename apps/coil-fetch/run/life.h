/* SPDX-License-Identifier: MIT */
/*
 * life.h - how long a run goes on: signals, --deadline, descriptors
 *
 *   SIGINT, SIGTERM  once: nothing more begins, and what is under way is finished;
 *                    twice, or when nothing more begins already: that is given up, too
 *   SIGUSR1          what the run is doing goes to standard error
 *   --deadline       what is under way is given up
 */
#ifndef COIL_FETCH_RUN_LIFE_H
#define COIL_FETCH_RUN_LIFE_H

#include <coil/handle.h>
#include <coil/signal.h>

struct run;

struct life {
    struct run *run;
    struct coil_signal_handler interrupted;
    struct coil_signal_handler terminated;
    struct coil_signal_handler asked;
    struct coil_handle deadline;
    bool hears_signals;
};

/*
 * Raise the limit of descriptors as far as it goes, and fit the concurrency of the
 * run to it, which is said.
 */
void life_fit(struct run *run);

/* run->workers has begun.  Returns 0; an error of coil_loop_add_signal_handler(). */
int life_begin(struct life *life, struct run *run, bool hears_signals);

/* run->workers has not ended. */
void life_end(struct life *life);

#endif
