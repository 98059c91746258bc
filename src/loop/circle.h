/* SPDX-License-Identifier: MIT */
/*
 * loop/circle.h - loops that wait for nobody but each other
 *
 * The loops of one coil_loops_run() are a circle.  A loop whose tasks wait for
 * what loops share, and for nothing else, is woken by another thread, or never:
 * it has no timer, no operation, no job, and nobody else holds it.  It says so
 * before it sleeps, and takes that back when it wakes, both under the circle's
 * mutex.  There is a deadlock if at one moment
 *
 *     all loops of the circle sleep so,
 *     nothing has been posted to any of them,
 *     and the process has no other thread that could post.
 *
 * The second is looked at without further locks: a loop that sleeps posts
 * nothing, and what a loop has posted before it lay down is seen by whoever
 * holds the mutex afterwards.  The third is a count (base/bystanders.h): with one
 * thread too many there is no deadlock, whatever that thread does.  A thread that
 * has ended before it was counted has posted before, so the second is looked at
 * again after the third.
 *
 * Looking costs a system call.  So it is done when the last loop that lay down
 * has slept for a while, and later each time that a thread was too many.
 */
#ifndef COIL_LOOP_CIRCLE_H
#define COIL_LOOP_CIRCLE_H

#include <pthread.h>
#include <stdbool.h>

#include <coil/loop.h>

struct coil_circle {
    pthread_mutex_t mutex;
    unsigned alive;   /* members that have not ended */
    unsigned threads; /* of all members, but those that have ended */
    unsigned asleep;
    unsigned forks;          /* in which process this is */
    coil_time patience;      /* how long all have to sleep */
    struct coil_loop *loops; /* open; in order, by next_in_circle */
    bool is_off;             /* nothing can be said any more */
    /* Under the mutex, while all loops sleep: tell who waits for what. */
    void (*report)(const struct coil_circle *circle);
};

/* With so many members, each with a thread. */
void coil__circle_init(struct coil_circle *circle, unsigned count,
                       void (*report)(const struct coil_circle *circle));
void coil__circle_fini(struct coil_circle *circle);

/* The running loop is member number `place`, until it is closed. */
void coil__circle_join(struct coil_circle *circle, unsigned place);

/*
 * A member's loop is closed, and runs nothing more.  `thread_ends`: its thread
 * is about to end, else it waits for the others.
 */
void coil__circle_leave(struct coil_circle *circle, bool thread_ends);

/* The thread of `loop` ends within a run. */
void coil__circle_lose(struct coil_loop *loop);

/* Whether `loop` is a member and waits for other loops only. */
bool coil__circle_closes(const struct coil_loop *loop);

/*
 * The wait of the backend, for such a loop, whose tasks nothing can wake before
 * `deadline` but another thread.  -EDEADLK: no thread can, and all loops of the
 * circle are told the same; coil__circle_has_told() says so.
 */
int coil__circle_wait(struct coil_loop *loop, coil_time deadline);

/* The report of this -EDEADLK has been made.  Asked once. */
bool coil__circle_has_told(struct coil_loop *loop);

/*
 * As coil_loop_hold() and coil_loop_release(), while a task waits for what only
 * another thread can give.
 */
void coil__loop_await_others(struct coil_loop *loop);
void coil__loop_stop_awaiting(struct coil_loop *loop);

#endif
