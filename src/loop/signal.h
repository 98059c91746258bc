/* SPDX-License-Identifier: MIT */
/*
 * loop/signal.h - watching signals, and passing them to loops
 */
#ifndef COIL_LOOP_SIGNAL_H
#define COIL_LOOP_SIGNAL_H

#include <coil/signal.h>

/*
 * Let the signal handler itself call raised(handler), for `loop`, as long as
 * nobody has added an ordinary handler.  This is done only if the program has
 * left the signal to the system; returns whether it has.  Several loops may
 * watch one signal: each is told.  A watched signal does not keep the loop from
 * running out of things to do.
 */
bool coil__signal_watch(struct coil_loop *loop,
                        struct coil_signal_handler *handler, int number,
                        void (*raised)(struct coil_signal_handler *self));
void coil__signal_unwatch(struct coil_signal_handler *handler);

/* Make the calls due that signals have asked for. */
void coil__signals_deliver(struct coil_loop *loop);

/* Whether a signal has come that the loop has not seen yet. */
bool coil__signal_is_pending(const struct coil_signal_handler *handler);

#endif
