/* SPDX-License-Identifier: MIT */
/*
 * threads/mailbox.h - how other threads reach a loop that may be gone
 *
 * A loop has one mailbox, made when it is first asked for.  In a child of fork()
 * a loop of the parent's loses it: another thread may have held its mutex.  The
 * loop has a reference until it is closed, and so has whoever is going to post.
 * A posted letter is delivered on the loop's thread, in the order of posting;
 * when the loop is closed, the letters that are left are dropped.
 */
#ifndef COIL_THREADS_MAILBOX_H
#define COIL_THREADS_MAILBOX_H

#include <coil/loop.h>

struct coil_mailbox;

/* To be embedded in what is posted. */
struct coil_letter {
    struct coil_link link;
    /* Called on the loop's thread. */
    void (*deliver)(struct coil_letter *letter);
    /* Called instead if the loop has been closed meanwhile. */
    void (*drop)(struct coil_letter *letter);
    /* In a history: which one it is (coil__mailbox_number()); 0: another thread's. */
    uint64_t number;
};

/* The mailbox of `loop`, which runs here, retained.  NULL: no memory. */
struct coil_mailbox *coil__mailbox_of(struct coil_loop *loop);
void coil__mailbox_retain(struct coil_mailbox *mailbox);
void coil__mailbox_release(struct coil_mailbox *mailbox);

/* Whether this is the mailbox of `loop`, and `loop` is open. */
bool coil__mailbox_is_of(struct coil_mailbox *mailbox,
                         const struct coil_loop *loop);

/*
 * From any thread.  `unholds`: also do coil__mailbox_unhold(), in the same
 * moment.  Returns false if the loop has been closed; then nothing is kept.
 */
bool coil__mailbox_post(struct coil_mailbox *mailbox,
                        struct coil_letter *letter, bool unholds);

/*
 * On the loop's thread, when the letter's reason begins: the same number each time
 * that a history is replayed.
 */
uint64_t coil__mailbox_number(struct coil_mailbox *mailbox);

/* In a replay, on the loop's thread: take back a letter that is not delivered yet. */
void coil__mailbox_give_back(struct coil_mailbox *mailbox,
                             struct coil_letter *letter);

/* On the loop's thread: deliver now what was posted. */
void coil__mailbox_deliver(struct coil_mailbox *mailbox);

/* Between hold and unhold, closing the loop waits, up to its close_limit. */
void coil__mailbox_hold(struct coil_mailbox *mailbox);
void coil__mailbox_unhold(struct coil_mailbox *mailbox);

#endif
