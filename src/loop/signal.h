/* SPDX-License-Identifier: MIT */
/*
 * loop/signal.h - how a signal ends coil_run(), and what waiting needs
 */
#ifndef COIL_LOOP_SIGNAL_H
#define COIL_LOOP_SIGNAL_H

#include <coil/signal.h>

/*
 * Have raised(handler) called in the signal handler itself, for `loop`, as long
 * as nobody has added a handler of the ordinary kind.  Only where the program
 * leaves the signal to the system; returns whether it does.  Several loops may
 * watch one signal: each is told.  The loop may run out of things to do all the
 * same.
 */
bool coil__signal_watch(struct coil_loop *loop,
                        struct coil_signal_handler *handler, int number,
                        void (*raised)(struct coil_signal_handler *self));
void coil__signal_unwatch(struct coil_signal_handler *handler);

/* Arrange the calls that signals have asked for. */
void coil__signals_deliver(struct coil_loop *loop);

/* A signal has come that its loop has not heard of. */
bool coil__signal_is_pending(const struct coil_signal_handler *handler);

#endif
