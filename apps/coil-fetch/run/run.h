/* SPDX-License-Identifier: MIT */
/* run.h - a run from its command line to its exit status */
#ifndef COIL_FETCH_RUN_RUN_H
#define COIL_FETCH_RUN_RUN_H

#include <stdbool.h>

#include <coil/base.h>

#include "run/options.h"

/* The exit status is that of the worst that happened. */
enum {
    EXIT_ALL = 0, /* every URL was fetched */
    EXIT_SOME_FAILED = 1,
    EXIT_USAGE = 2,        /* the command line, or a line of the input */
    EXIT_NOTHING = 3,      /* nothing could be done: no output, no list */
    EXIT_LIMIT = 4,        /* the disk is full, --deadline: it can be resumed */
    EXIT_INTERRUPTED = 130 /* it can be resumed */
};

/* The whole program.  Returns its exit status. */
int fetch_main(int argc, char **argv);

/*
 * A run in the loop of the caller, as a task of it; tests call it in the
 * simulator, which has no signals.  Returns the exit status, or -ECANCELED.
 */
int fetch_run(const struct options *options, bool hears_signals) COIL_SUSPENDS;

#endif
