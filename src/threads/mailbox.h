/* SPDX-License-Identifier: MIT */
/*
 * threads/mailbox.h - what other threads know of a loop that may be gone
 *
 * One for each loop that has asked for it; held by the loop until that is closed,
 * and by whoever is going to post.  A letter that is posted is delivered on the
 * loop's thread, in the order of posting, or dropped when the loop is closed.
 */
#ifndef COIL_THREADS_MAILBOX_H
#define COIL_THREADS_MAILBOX_H

#include <coil/loop.h>

struct coil_mailbox;

/* Part of what is posted. */
struct coil_letter {
    struct coil_link link;
    /* On the loop's thread. */
    void (*deliver)(struct coil_letter *letter);
    /* It was posted, and the loop has been closed. */
    void (*drop)(struct coil_letter *letter);
};

/* That of `loop`, which runs here, held once more; or NULL for want of memory. */
struct coil_mailbox *coil__mailbox_of(struct coil_loop *loop);
void coil__mailbox_retain(struct coil_mailbox *mailbox);
void coil__mailbox_release(struct coil_mailbox *mailbox);

/* Whether it is that of `loop`, which has not been closed. */
bool coil__mailbox_is_of(struct coil_mailbox *mailbox,
                         const struct coil_loop *loop);

/*
 * From any thread.  `unholds`: as coil__mailbox_unhold() in the same moment.
 * Returns false, and keeps nothing, if the loop has been closed.
 */
bool coil__mailbox_post(struct coil_mailbox *mailbox,
                        struct coil_letter *letter, bool unholds);

/* On the loop's thread: deliver now what has been posted. */
void coil__mailbox_deliver(struct coil_mailbox *mailbox);

/* Between the two, closing the loop waits, for its close_limit at most. */
void coil__mailbox_hold(struct coil_mailbox *mailbox);
void coil__mailbox_unhold(struct coil_mailbox *mailbox);

#endif
