/* SPDX-License-Identifier: MIT */
/*
 * backend/uring_ring.h - the ring, and the requests that are in it
 *
 * A request waits in the list `fresh` until the next wait(), which gives all of
 * them to the kernel and waits, in one system call.  If they are more than the
 * submission queue holds, the queue is given to the kernel in between.  What
 * the kernel does not take at the moment stays in the list.
 *
 * A request that has ended is put into the list `landed`, where wait() finds
 * it.  So over() is called for nobody while one request is called back.
 */
#ifndef COIL_BACKEND_URING_RING_H
#define COIL_BACKEND_URING_RING_H

#include <liburing.h>

#include "backend/epoll_op.h"
#include "backend/uring_lane.h"

/* How many requests fit into the submission queue, and results into the other. */
enum { URING_ENTRIES = 256, URING_RESULTS = 4096 };

struct uring_backend {
    /*
     * Foreign descriptors wait here, and all when there is no ring any more.
     * The wake-up is here, too.
     */
    struct epoll_backend epoll; /* first */
    struct io_uring ring;
    struct uring_table table;
    struct coil_list fresh;
    struct coil_list landed;
    size_t receiving;   /* requests to receive that fly */
    bool is_open;       /* there is a ring */
    bool is_retired;    /* nothing waits for the ring any more */
    bool is_enabled;    /* it belongs to the thread that enabled it */
    bool has_taken;     /* the kernel has taken a request */
    bool epoll_armed;   /* the ring tells when the epoll set has events */
    bool epoll_fired;   /* the set has events */
    bool has_cancelled; /* the answer to a request to cancel has come */
    int cancelled;      /* what it was */
};

static inline struct uring_backend *
coil__uring_backend_of(struct coil__backend *backend)
{
    return coil__container_of(coil__epoll_backend_of(backend),
                              struct uring_backend, epoll);
}

/* 0, or an error: then there is no ring. */
int coil__uring_open_ring(struct uring_backend *u);

/* Close the ring.  It must not have a buffer.  All requests end. */
void coil__uring_close_ring(struct uring_backend *u);

/*
 * Ask the kernel on behalf of `lane`, which has no request: to receive for its
 * first operation, or else to tell when the descriptor is ready.
 */
void coil__uring_ask(struct uring_backend *u, struct uring_lane *lane,
                     bool receives);

/*
 * Give the kernel what is fresh, and wait for results until `deadline`.  If
 * that is past, only look.  Returns 0, -EINTR, -EAGAIN if the kernel cannot
 * take all at the moment, or another error.
 */
int coil__uring_enter(struct uring_backend *u, coil_time deadline);

/*
 * End the request of `lane`, if there is one, so that the kernel does not touch
 * its buffer any more.  Returns the result of the request; -ECANCELED: it did
 * not happen.
 */
int coil__uring_call_back(struct uring_backend *u, struct uring_lane *lane);

/*
 * End all requests to receive.  Those that did not happen will be made again.
 */
void coil__uring_call_back_all(struct uring_backend *u);

/*
 * Find out whether the requests of `slot` are for what has its number now.
 * Those that are will be made again.
 */
bool coil__uring_is_same(struct uring_backend *u, const struct uring_slot *slot,
                         int fd);

#endif
