/* SPDX-License-Identifier: MIT */
/*
 * inspect/dump_signal.h - a signal that has the tasks written down
 */
#ifndef COIL_INSPECT_DUMP_SIGNAL_H
#define COIL_INSPECT_DUMP_SIGNAL_H

/*
 * A run begins in this thread.  If the environment names a signal in
 * COIL_DUMP_SIGNAL, by its name or number, for which the program has no handler,
 * it has coil's from now on: the tasks of every loop that coil_run() runs are
 * written to standard error.
 */
void coil__dump_signal_begin(void);

/* It ends.  The handler stays; without a loop it does nothing. */
void coil__dump_signal_end(void);

#endif
