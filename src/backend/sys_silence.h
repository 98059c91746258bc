/* SPDX-License-Identifier: MIT */
/*
 * backend/sys_silence.h - calls that may raise SIGPIPE, and have no flag against it
 *
 * The signal is blocked meanwhile, and the one that the call has raised is taken.
 * One that was pending before stays.
 */
#ifndef COIL_BACKEND_SYS_SILENCE_H
#define COIL_BACKEND_SYS_SILENCE_H

#include <signal.h>
#include <stdbool.h>

struct coil_silence {
    sigset_t pipe;
    sigset_t before;
    bool was_pending;
};

void coil__sys_begin_silence(struct coil_silence *silence);

/* A call that has sent a part of it can have raised the signal as well. */
void coil__sys_end_silence(const struct coil_silence *silence,
                           bool is_all_sent);

#endif
