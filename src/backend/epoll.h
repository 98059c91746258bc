/* SPDX-License-Identifier: MIT */
/*
 * backend/epoll.h - what the files of the epoll backend share
 */
#ifndef COIL_BACKEND_EPOLL_H
#define COIL_BACKEND_EPOLL_H

#include <sys/epoll.h>

#include "backend/backend.h"
#include "backend/op_queue.h"
#include "backend/wakeup.h"

#define EPOLL_BATCH 256

enum epoll_direction {
    EPOLL_DIRECTION_IN,    /* READ, ACCEPT: first come, first served */
    EPOLL_DIRECTION_OUT,   /* WRITE, CONNECT: likewise */
    EPOLL_DIRECTION_READY, /* READY: all at once */
    EPOLL_DIRECTIONS,
};

enum epoll_state {
    EPOLL_STATE_IDLE,    /* not begun, or over */
    EPOLL_STATE_PENDING, /* in a slot's queue */
    EPOLL_STATE_ENDED,   /* in the backend's queue `ended` */
};

/* Of descriptors that are lost so many are named; more are not. */
#define EPOLL_LOST_MAX 8

/*
 * One descriptor.  The kernel's events carry descriptor and generation, and the
 * generation changes when a registration ends, so what was reported of an
 * earlier owner of the number is recognised.
 *
 * A socket, once it had to wait, is registered for everything, edge-triggered,
 * until it is closed.  A descriptor of somebody else's is registered while
 * somebody waits, for what they wait for.
 *
 * A descriptor that somebody else closes under it is lost.  The kernel forgets
 * it and tells nobody; that is found out when its number is used again, by a new
 * socket or by who waits for another descriptor, and by a search.
 */
struct epoll_slot {
    struct coil_op_queue queue[EPOLL_DIRECTIONS];
    uint32_t generation;
    uint32_t mask; /* registered with the kernel; 0: not registered */
    bool is_socket;
    bool closing;
    /* Nothing to read since the last event: to try is of no use. */
    bool drained;
    /* The peer has ended or sent urgent data: a short read proves nothing. */
    bool undrainable;
};

struct epoll_backend {
    struct coil_poll poll;
    int fd;
    /* An eventfd is edge-triggered: each write is an event, and nobody reads
       it.  A pipe is emptied at each event. */
    struct coil_wakeup wakeup;
    bool coarse; /* the kernel waits in milliseconds only */
    uint64_t random;
    struct epoll_slot *slots; /* by descriptor; moves when it grows */
    size_t capacity;
    struct coil_op_queue ended; /* over() not yet called */
    int lost[EPOLL_LOST_MAX];   /* poll.lost() not yet called */
    size_t lost_count;
    struct epoll_event events[EPOLL_BATCH];
};

/* The key of `wakeup`; no descriptor is that large. */
#define EPOLL_KEY_WAKE UINT64_MAX

static inline int coil__epoll_key_fd(uint64_t key)
{
    return (int)(key & UINT32_MAX);
}

/* The slot of `fd`, or NULL if the table has none yet. */
static inline struct epoll_slot *coil__epoll_slot(struct epoll_backend *e,
                                                  int fd)
{
    return fd >= 0 && (size_t)fd < e->capacity ? &e->slots[fd] : NULL;
}

/* The slot an event belongs to, or NULL if that registration has ended. */
struct epoll_slot *coil__epoll_find(struct epoll_backend *e, uint64_t key);

/* Make the table large enough for `fd`, which is not negative.  0, -ENOMEM. */
int coil__epoll_reserve(struct epoll_backend *e, int fd);

/*
 * `fd` is closed, or is not any more what its slot says: end what waits for it,
 * with -EBADF, in the next wait(), and begin anew.
 */
void coil__epoll_lose(struct epoll_backend *e, int fd);

/* `fd` is new: if its slot is in use, the one before it was lost. */
void coil__epoll_adopt(struct epoll_backend *e, int fd);

/* wait() is to say that `fd` is lost. */
void coil__epoll_note_lost(struct epoll_backend *e, int fd);

/* Look for descriptors that have been closed, or replaced. */
void coil__epoll_search(struct epoll_backend *e);

/*
 * Register `fd` for what its slot needs once `op` is added to it.  Returns 0, or
 * what epoll_ctl() said: -ENOMEM, -ENOSPC, -EPERM …
 */
int coil__epoll_register(struct epoll_backend *e, struct epoll_slot *slot,
                         const struct coil_op *op);

/* End the registration of `fd`, if there is one. */
void coil__epoll_unregister(struct epoll_backend *e, int fd);

/*
 * Move the READY operations of a slot that `events` ends to e->ended, and
 * register for the rest.
 */
void coil__epoll_end_ready(struct epoll_backend *e, int fd, uint32_t events);

/* Fill e->events.  Returns how many there are, or -1 with errno set. */
int coil__epoll_wait(struct epoll_backend *e, coil_time deadline);

#endif
