/* SPDX-License-Identifier: MIT */
/*
 * process/talk.h - give a program its input and keep its output, both at once
 *
 * The outputs are read by callbacks of the loop, whatever the task does that
 * gives the input or waits.
 */
#ifndef COIL_PROCESS_TALK_H
#define COIL_PROCESS_TALK_H

#include "process/process.h"

struct coil__talk {
    struct coil_process *process;
    struct coil__hearing {
        struct coil__talk *talk;
        struct coil_stream *stream;
        struct coil_stream_watch watch;
        struct coil_buffer *got;
        bool is_over;
    } hearings[2];
    int error;               /* of a hearing that failed */
    struct coil_list waiter; /* for the end of both */
};

/*
 * Begin to read.  0, or -EBUSY: another task reads, or talks; then nothing has
 * begun.
 * `talk` is kept until coil__talk_end().
 */
int coil__talk_begin(struct coil__talk *talk, struct coil_process *process);

/*
 * Give the program what is left of its input, and the end of that; wait for the
 * end of its output, and for its own.  As coil_process_communicate().
 */
int coil__talk_go_on(struct coil__talk *talk, const void *input, size_t size)
    COIL_MUST_CHECK;

/*
 * Read what is there now, and then no more: the program has ended, but others may
 * have its pipes.
 */
void coil__talk_read_rest(struct coil__talk *talk);

/* Read no more. */
void coil__talk_end(struct coil__talk *talk);

/* The owner closes the process: whoever talks to it gets -EBADF. */
void coil__talk_lose(struct coil_process *process);

#endif
