/* SPDX-License-Identifier: MIT */
/*
 * record/recorder.h - what happens in a loop, into a mapped file
 *
 * coil/record_format.h says how the file looks.  The loop's thread alone writes
 * into the ring, and no other thread waits for it.  What other threads have to
 * say goes into the side, under a mutex.
 *
 * Time is not read for a record: the loop records each of its looks at the clock,
 * and what lies between two of them happened between them.
 *
 * A wait is recorded where that is cheap, or where it lasts.  Those functions that
 * wait most often only note who waits (`recent`), once between two looks outside;
 * the look then records those waits that are still undecided.  See
 * sched/wait_record.h.
 */
#ifndef COIL_RECORD_RECORDER_H
#define COIL_RECORD_RECORDER_H

#include "record/record_file.h"
#include "record/ring.h"

/*
 * Make a file and a recorder with one reference.  0, -ENOMEM, or an error of the
 * system; then there is no file.
 */
int coil__recorder_open(struct coil_recorder **out,
                        const struct coil_recording *recording);

/* The record begins; the loop's clock shows `now`. */
void coil__recorder_begin(struct coil_recorder *r, coil_time now);

/* The loop records no more: say so in the file, and give the reference back. */
void coil__recorder_close(struct coil_recorder *r);

/* In any thread. */
void coil__recorder_retain(struct coil_recorder *r);
void coil__recorder_release(struct coil_recorder *r);

/* In a child of fork(), whose parent goes on to write: drop the mapping. */
void coil__recorder_forget(struct coil_recorder *r);

/* Write to the side, in any thread.  `text` has `length` bytes. */
void coil__recorder_aside(struct coil_recorder *r,
                          const struct coil_record_aside *record,
                          const char *text);

#endif
