/* SPDX-License-Identifier: MIT */
/*
 * inspect/dump_signal.h - a signal on which all tasks are written down
 */
#ifndef COIL_INSPECT_DUMP_SIGNAL_H
#define COIL_INSPECT_DUMP_SIGNAL_H

/*
 * A run begins in this thread.  The environment variable COIL_DUMP_SIGNAL may
 * name a signal, by name or number.  If the program has no handler for it, coil
 * now installs one, which writes the tasks of every loop of coil_run() to
 * standard error.
 */
void coil__dump_signal_begin(void);

/* The run ends.  The handler stays, and does nothing without a loop. */
void coil__dump_signal_end(void);

#endif
