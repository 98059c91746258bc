/* SPDX-License-Identifier: MIT */
/*
 * backend/uring_lane.h - the operations of a descriptor that wait in the ring
 *
 * A descriptor has two lanes, one for each direction.  A lane is a queue of
 * operations, first come, first served, with at most one request of the kernel:
 * to receive for the first operation, or to tell when the descriptor is ready.
 *
 * The kernel knows a request by its key: the descriptor, the lane and a
 * generation, which each request changes.  No pointer is given to the kernel
 * but that of the buffer to receive into.
 *
 * A request to receive belongs to the first operation, and has ended before
 * that operation is over.  A request for readiness has no buffer.  It may
 * outlive the operation that made it; the next operation of the lane uses it.
 *
 * Slots do not move when the table grows.
 */
#ifndef COIL_BACKEND_URING_LANE_H
#define COIL_BACKEND_URING_LANE_H

#include <stdbool.h>

#include "backend/op.h"
#include "base/platform.h"

enum uring_direction {
    URING_IN,
    URING_OUT,
    URING_DIRECTIONS,
};

enum uring_state {
    URING_IDLE,   /* no request */
    URING_FRESH,  /* in the list `fresh`: the kernel does not know it yet */
    URING_FLYING, /* the kernel's */
    URING_LANDED, /* in the list `landed`: ended, with `result` */
};

struct uring_lane {
    struct coil_link link; /* first */
    struct coil_list queue;
    uint32_t generation;
    int fd;
    int result;
    unsigned char direction;
    unsigned char state;
    bool receives; /* the request: into the buffer of the first operation */
    bool is_late;  /* an operation came after the request had ended */
};

struct uring_slot {
    struct uring_lane lanes[URING_DIRECTIONS];
    bool closing;
    /* The last read got less than it asked for: the next one would wait. */
    bool drained;
};

struct uring_table {
    struct uring_slot **blocks;
    size_t capacity; /* how many blocks */
};

/* Keys that are no request's. */
#define URING_KEY_EPOLL (UINT64_MAX)
#define URING_KEY_CANCEL (UINT64_MAX - 1)

static inline struct uring_lane *coil__uring_lane_of(struct coil_link *link)
{
    return coil__container_of(link, struct uring_lane, link);
}

static inline uint64_t coil__uring_key(const struct uring_lane *lane)
{
    return (uint64_t)lane->generation << 32 |
           ((uint32_t)lane->fd << 1 | lane->direction);
}

/* The slot of `fd`, or NULL if the table has none yet. */
struct uring_slot *coil__uring_slot(const struct uring_table *t, int fd);

/* The same; the slot is made if need be.  NULL: there is no memory. */
struct uring_slot *coil__uring_reserve(struct uring_table *t, int fd);

/* The lane whose request flies and has this key, or NULL. */
struct uring_lane *coil__uring_find(const struct uring_table *t, uint64_t key);

/* The slot after that of `fd` which has anything; sets `*fd`.  NULL: none. */
struct uring_slot *coil__uring_next(const struct uring_table *t, int *fd);

/* Whether anybody waits there, or the kernel has a request. */
static inline bool coil__uring_is_used(const struct uring_slot *slot)
{
    const struct uring_lane *in = &slot->lanes[URING_IN];
    const struct uring_lane *out = &slot->lanes[URING_OUT];

    return in->state != URING_IDLE || out->state != URING_IDLE ||
           in->queue.head || out->queue.head;
}

void coil__uring_free_table(struct uring_table *t);

#endif
