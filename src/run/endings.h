/* SPDX-License-Identifier: MIT */
/*
 * run/endings.h - the signals that end coil_run()
 */
#ifndef COIL_RUN_ENDINGS_H
#define COIL_RUN_ENDINGS_H

#include <coil/run.h>
#include <coil/signal.h>

enum { COIL__ENDINGS = 2 }; /* SIGINT, SIGTERM */

/*
 * Let these signals cancel the main task of `loop`, as far as `options` allow
 * it and the program has not handled them.  `handlers` are kept until the loop
 * is closed.
 */
void coil__endings_watch(struct coil_loop *loop,
                         struct coil_signal_handler handlers[COIL__ENDINGS],
                         const struct coil_loop_options *options);

/* One of these signals has come: cancel the main task. */
void coil__run_interrupted(struct coil_loop *loop);

#endif
