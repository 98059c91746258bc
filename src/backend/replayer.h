/* SPDX-License-Identifier: MIT */
/*
 * backend/replayer.h - a backend that answers from a history
 *
 * The program must make the same calls in the same order as it did when its history was
 * recorded (history_recorder.h).  It does so if all that it depends on came from its loop.  If it
 * does not, it is stopped by a panic that says where it has left the history.  Where the
 * history ends, because the recorded process was killed there, the panic says so.
 *
 * Nothing is sent, bound or connected: sockets have numbers, and that is all.  Jobs of
 * threads are done, and are over when they were.
 */
#ifndef COIL_BACKEND_REPLAYER_H
#define COIL_BACKEND_REPLAYER_H

#include "backend/backend.h"

/* Errors of coil__history_open() and -ENOMEM. */
int coil__replayer_open(struct coil__backend **out, const char *path);

#endif
