/* SPDX-License-Identifier: MIT */
/*
 * backend/history_recorder.h - a backend that writes down what another one answers
 *
 * Each call is passed on to the backend behind, and its answer goes into a history.  A
 * replayer (replayer.h) gives the same answers to the same calls.
 *
 * The history begins when the loop is made.  A child of fork() writes no history.
 */
#ifndef COIL_BACKEND_HISTORY_RECORDER_H
#define COIL_BACKEND_HISTORY_RECORDER_H

#include "backend/backend.h"

/*
 * Put a recorder in front of `*backend`, which is one of the kernel's.  Errors of
 * coil__history_create() and -ENOMEM: nothing has happened.
 */
int coil__history_recorder_open(struct coil__backend **backend,
                                const char *path);

#endif
