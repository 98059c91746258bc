/* SPDX-License-Identifier: MIT */
/*
 * backend/epoll_slot.h - what is known of each descriptor
 */
#ifndef COIL_BACKEND_EPOLL_SLOT_H
#define COIL_BACKEND_EPOLL_SLOT_H

#include <sys/epoll.h>

#include "backend/op.h"
#include "backend/wakeup.h"

enum epoll_direction {
    EPOLL_DIRECTION_IN,    /* READ, ACCEPT: first come, first served */
    EPOLL_DIRECTION_OUT,   /* WRITE, CONNECT: likewise */
    EPOLL_DIRECTION_READY, /* READY: all at once */
    EPOLL_DIRECTIONS,
};

enum epoll_state {
    EPOLL_STATE_IDLE,    /* not begun, or over */
    EPOLL_STATE_PENDING, /* in a slot's queue */
    EPOLL_STATE_ENDED,   /* in the table's queue `ended` */
};

/* The number of lost descriptors that are reported; further ones are not. */
#define EPOLL_LOST_MAX 8

/*
 * One descriptor.  The kernel's events carry the descriptor and a generation,
 * which changes when a registration ends.  So an event for an earlier owner of
 * the same number is recognised.
 *
 * A socket that once had to wait is registered for everything, edge-triggered,
 * until it is closed.  A foreign descriptor is registered only while somebody
 * waits, for what they wait for.
 *
 * A descriptor is lost if it is closed by anybody but its owner here.  The
 * kernel forgets it and tells nobody.  That is found out by a search, or when
 * the number is used again, by a new socket or by another wait.
 */
struct epoll_slot {
    struct coil_list queue[EPOLL_DIRECTIONS];
    uint32_t generation;
    uint32_t mask; /* registered with the kernel; 0: not registered */
    bool is_socket;
    bool closing;
    /* Everything was read since the last event: an attempt would be useless. */
    bool drained;
    /* The peer has ended or sent urgent data: a short read proves nothing. */
    bool undrainable;
};

struct epoll_table {
    int fd; /* of the epoll set */
    /*
     * If it is an eventfd, it is edge-triggered: each write is an event, and
     * nobody reads it.  A pipe is emptied at each event.
     */
    struct coil_wakeup wakeup;
    struct epoll_slot *slots; /* by descriptor; moves when it grows */
    size_t capacity;
    struct coil_list ended;   /* operations; over() not yet called */
    int lost[EPOLL_LOST_MAX]; /* backend.lost() not yet called */
    size_t lost_count;
};

static inline int coil__epoll_key_fd(uint64_t key)
{
    return (int)(key & UINT32_MAX);
}

/* The slot of `fd`, or NULL if the table has none yet. */
static inline struct epoll_slot *coil__epoll_slot(struct epoll_table *t, int fd)
{
    return fd >= 0 && (size_t)fd < t->capacity ? &t->slots[fd] : NULL;
}

/* What the kernel gives back with each event of the slot. */
static inline uint64_t coil__epoll_key(const struct epoll_slot *slot, int fd)
{
    return (uint64_t)slot->generation << 32 | (uint32_t)fd;
}

/*
 * The slot that an event belongs to.  NULL: its registration has ended.  Whatever
 * was registered is in the table, as the table never shrinks.
 */
static inline struct epoll_slot *coil__epoll_find(struct epoll_table *t,
                                                  uint64_t key)
{
    int fd = coil__epoll_key_fd(key);
    struct epoll_slot *slot = &t->slots[fd];

    return coil__epoll_key(slot, fd) == key ? slot : NULL;
}

/* Make the table large enough for `fd`, which is not negative.  0, -ENOMEM. */
int coil__epoll_reserve(struct epoll_table *t, int fd);

/*
 * `fd` is closed, or is no longer what its slot says.  End the operations that
 * wait for it, with -EBADF, in the next wait(), and reset the slot.
 */
void coil__epoll_lose(struct epoll_table *t, int fd);

/* `fd` is new.  If its slot is in use, the descriptor before it was lost. */
void coil__epoll_adopt(struct epoll_table *t, int fd);

/* Remember that `fd` is lost: wait() will report it. */
void coil__epoll_note_lost(struct epoll_table *t, int fd);

/*
 * Whoever waits for `fd` may wait for what had this number before: find out.  It
 * takes a system call if somebody waits.
 */
void coil__epoll_check(struct epoll_table *t, int fd);

/* Look for descriptors that have been closed, or replaced. */
void coil__epoll_search(struct epoll_table *t);

/*
 * Register `fd` for what its slot needs when `op` is added.  Returns 0, or the
 * error of epoll_ctl(): -ENOMEM, -ENOSPC, -EPERM …
 */
int coil__epoll_register(struct epoll_table *t, struct epoll_slot *slot,
                         const struct coil_op *op);

/* End the registration of `fd`, if there is one. */
void coil__epoll_unregister(struct epoll_table *t, int fd);

/*
 * Move the READY operations that `events` ends to t->ended, and register the
 * slot for the rest.
 */
void coil__epoll_end_ready(struct epoll_table *t, int fd, uint32_t events);

#endif
