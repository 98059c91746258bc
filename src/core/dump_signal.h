/* SPDX-License-Identifier: MIT */
/*
 * core/dump_signal.h - COIL_DUMP_SIGNAL=USR1: all tasks, on request from outside
 */
#ifndef COIL_CORE_DUMP_SIGNAL_H
#define COIL_CORE_DUMP_SIGNAL_H

/*
 * A run begins in this thread.  If the environment names a signal, by its name
 * or number, for which the program has no handler, it has coil's from now on:
 * the tasks of every loop that coil_run() runs are written to standard error.
 */
void coil__dump_signal_begin(void);

/* It ends.  The handler stays; without a loop it does nothing. */
void coil__dump_signal_end(void);

#endif
