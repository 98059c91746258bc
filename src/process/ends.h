/* SPDX-License-Identifier: MIT */
/*
 * process/ends.h - what a program's standard input, output and error are
 */
#ifndef COIL_PROCESS_ENDS_H
#define COIL_PROCESS_ENDS_H

#include <coil/process.h>

/* The descriptors of both sides; -1: there is none. */
struct coil__ends {
    int ours[3];     /* of pipes; they do not block */
    int theirs[3];   /* what becomes 0, 1 and 2 */
    bool is_made[3]; /* `theirs` is to be closed after the start */
    int terminal;    /* our side of the terminal; it does not block */
    int their_terminal;
};

/* Open what `options` asks for.  0; or an error, and nothing is open. */
int coil__ends_open(struct coil__ends *ends,
                    const struct coil_process_options *options);

/* The program has its side, or will never have it. */
void coil__ends_close_theirs(struct coil__ends *ends);

void coil__ends_close_ours(struct coil__ends *ends);

#endif
