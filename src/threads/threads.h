/* SPDX-License-Identifier: MIT */
/*
 * threads/threads.h - calls in other threads, of whose end a loop hears
 *
 * A call is begun on a loop's thread, does its work() in a thread of a pool,
 * and is then told to the loop by done(), on the loop's thread:
 *
 *     begin -> QUEUED -> RUNNING -> FINISHED -> done()
 *                 \                    \
 *                  cancel               the loop was closed: no done()
 *
 * The loop may be closed at any point of this.  What a call knows of its loop
 * is therefore a link, which closing the loop severs: a struct both sides hold,
 * whose `loop` is read and used under its mutex only.
 *
 * A call is held by its beginner and, until it is past the end of that line, by
 * the pool.  The last one frees it, on whatever thread that is.
 *
 * A work() may end its thread, by pthread_exit() or because somebody cancels the
 * thread.  The call is FINISHED then with the error -EOWNERDEAD, and another
 * thread takes the place of the one that is lost.
 *
 * In a child after fork() a pool is empty, and makes threads anew.
 */
#ifndef COIL_THREADS_THREADS_H
#define COIL_THREADS_THREADS_H

#include <pthread.h>
#include <stdatomic.h>

#include <coil/loop.h>

struct coil__link;

enum {
    COIL__CALL_QUEUED,
    COIL__CALL_RUNNING,
    COIL__CALL_FINISHED,
    COIL__CALL_CANCELLED,
};

/* Embed it; the beginner sets the first three and leaves the rest zeroed. */
struct coil__call {
    void (*work)(struct coil__call *call);
    void (*done)(struct coil__call *call);
    void (*destroy)(struct coil__call *call);

    struct coil__threads *threads;
    struct coil__link *link;
    struct coil__call *next; /* in the pool's queue, then in the link's list */
    struct coil__call *prev;
    struct coil_handle handle; /* on the simulator */
    atomic_int state;
    atomic_uint refs;
    bool holds_loop; /* set by the beginner: closing the loop waits for it */
    /*
     * For done(), 0 if work() has returned: -ESHUTDOWN, the pool was shut down
     * before it began; -EOWNERDEAD, it ended its thread; -EAGAIN or -ENOMEM, no
     * thread is left that could begin it.
     */
    int error;
};

/*
 * A pool of at most `limit` threads, made when needed; they stay until it is
 * shut.  It is held by its owner, its threads and its calls; `destroy`, NULL for
 * one that is never released, is called when nobody does.
 */
struct coil__threads {
    pthread_mutex_t mutex;
    pthread_cond_t work;
    struct coil__call *head;
    struct coil__call *tail;
    unsigned queued;
    unsigned idle;
    unsigned count;
    unsigned limit;
    unsigned active;           /* calls queued or running */
    struct coil__call *drains; /* to be finished when there is none */
    bool is_shut;
    bool is_dropped;   /* no more begin, either */
    atomic_uint forks; /* of which process: core/loops.h */
    atomic_uint refs;
    void (*destroy)(struct coil__threads *threads);
};

#define COIL__THREADS_INIT(most)                                               \
    {                                                                          \
        .mutex = PTHREAD_MUTEX_INITIALIZER, .work = PTHREAD_COND_INITIALIZER,  \
        .limit = (most), .refs = 1                                             \
    }

/*
 * Begin `call` for the running loop; the caller holds it afterwards.  On the
 * simulator it runs on the loop's own thread, in the next turn.
 *
 * Returns 0, else, with the call still the caller's alone: -ENOMEM, -ESHUTDOWN,
 * or -EAGAIN if there is no thread and none can be made.
 */
int coil__call_begin(struct coil__threads *threads, struct coil__call *call);

/*
 * On the loop's thread: keep a call from beginning, if it has not.  Returns the
 * state afterwards: CANCELLED, and done() will not be called; RUNNING; or
 * FINISHED, and done() is about to be called.
 */
int coil__call_cancel(struct coil__call *call);

/* Whether the loop that began `call` is `loop`, and has not been closed. */
bool coil__call_is_of(struct coil__call *call, struct coil_loop *loop);

/* Give one reference back. */
void coil__call_release(struct coil__call *call);

/* Before the first call: `threads`, made by malloc, whose limit is set. */
void coil__threads_init(struct coil__threads *threads);

/* Take no more calls.  The threads end when there are no more. */
void coil__threads_shut(struct coil__threads *threads);

/*
 * Begin `drain`, a call without work, which is done when no other is under way.
 * Returns 1, else, with the call still the caller's alone: 0 if none is, and the
 * running loop has heard of all of its own, or -ENOMEM.
 */
int coil__threads_drain(struct coil__threads *threads,
                        struct coil__call *drain);

/* Have the calls that have not begun done, with -ESHUTDOWN. */
void coil__threads_drop(struct coil__threads *threads);

/* The owner's reference. */
void coil__threads_release(struct coil__threads *threads);

#endif
