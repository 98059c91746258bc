/* SPDX-License-Identifier: MIT */
#include "backend/uring_ring.h"

#include <errno.h>
#include <limits.h>
#include <poll.h>
#include <string.h>

#include "backend/sys.h"
#include "base/list.h"
#include "base/panic.h"

/* ---- open and close ---- */

/*
 * A ring that is not enabled yet cannot be entered: -EBADFD.  Another error is
 * a sandbox's.
 */
static int check_that_it_can_be_entered(struct io_uring *ring)
{
    int rc = io_uring_enter((unsigned)ring->ring_fd, 0, 0,
                            IORING_ENTER_GETEVENTS, NULL);

    return rc == -EBADFD ? 0 : rc < 0 ? rc : -ENOTSUP;
}

int coil__uring_open_ring(struct uring_backend *u)
{
    struct io_uring_params params = {
        .flags = IORING_SETUP_R_DISABLED | IORING_SETUP_SINGLE_ISSUER |
                 IORING_SETUP_DEFER_TASKRUN | IORING_SETUP_SUBMIT_ALL |
                 IORING_SETUP_CQSIZE,
        .cq_entries = URING_RESULTS,
    };
    int rc = io_uring_queue_init_params(URING_ENTRIES, &u->ring, &params);

    if (rc < 0)
        return rc;
    rc = check_that_it_can_be_entered(&u->ring);
    if (rc < 0) {
        io_uring_queue_exit(&u->ring);
        return rc;
    }
    u->is_open = true;
    return 0;
}

/* ---- requests ---- */

void coil__uring_ask(struct uring_backend *u, struct uring_lane *lane,
                     bool receives)
{
    lane->receives = receives;
    lane->is_late = false;
    lane->state = URING_FRESH;
    coil__list_append(&u->fresh, &lane->link);
}

/* Nothing is there to receive, as far as is known: the kernel looks first. */
static void prepare(struct io_uring_sqe *sqe, const struct uring_lane *lane)
{
    const struct coil_op *op = coil__op_first(&lane->queue);

    if (lane->receives) {
        io_uring_prep_recv(sqe, lane->fd, op->data,
                           op->size < INT_MAX ? op->size : INT_MAX, 0);
        sqe->ioprio |= IORING_RECVSEND_POLL_FIRST;
    } else {
        io_uring_prep_poll_add(sqe, lane->fd,
                               lane->direction == URING_IN ? POLLIN | POLLRDHUP
                                                           : POLLOUT);
    }
    io_uring_sqe_set_data64(sqe, coil__uring_key(lane));
}

/* ---- results ---- */

static void land(struct uring_backend *u, struct uring_lane *lane, int result)
{
    lane->result = result;
    lane->state = URING_LANDED;
    u->receiving -= lane->receives;
    coil__list_append(&u->landed, &lane->link);
}

static void take_result(struct uring_backend *u, const struct io_uring_cqe *cqe)
{
    struct uring_lane *lane;

    switch (cqe->user_data) {
    case URING_KEY_EPOLL:
        u->epoll_armed = false;
        u->epoll_fired = true;
        return;
    case URING_KEY_CANCEL:
        u->has_cancelled = true;
        u->cancelled = cqe->res;
        return;
    default:
        lane = coil__uring_find(&u->table, cqe->user_data);
        if (lane)
            land(u, lane, cqe->res);
    }
}

static void take_results(struct uring_backend *u)
{
    struct io_uring_cqe *cqe;
    unsigned head;
    unsigned count = 0;

    io_uring_for_each_cqe(&u->ring, head, cqe)
    {
        take_result(u, cqe);
        count++;
    }
    io_uring_cq_advance(&u->ring, count);
}

void coil__uring_close_ring(struct uring_backend *u)
{
    struct uring_slot *slot;
    int fd = -1;

    io_uring_queue_exit(&u->ring);
    u->is_open = false;
    while ((slot = coil__uring_next(&u->table, &fd)))
        for (int i = 0; i < URING_DIRECTIONS; i++)
            if (slot->lanes[i].state == URING_FLYING)
                land(u, &slot->lanes[i], -ECANCELED);
}

/* ---- entering the kernel ---- */

/*
 * Results are taken as well, so that they do not become too many.  Returns NULL
 * if the kernel takes nothing at the moment.
 */
static struct io_uring_sqe *next_entry(struct uring_backend *u)
{
    struct io_uring_sqe *sqe = io_uring_get_sqe(&u->ring);

    if (COIL_LIKELY(sqe))
        return sqe;
    if (io_uring_submit(&u->ring) > 0)
        u->has_taken = true;
    take_results(u);
    return io_uring_get_sqe(&u->ring);
}

/* Put what is fresh into the submission queue.  Whether that was all. */
static bool put_fresh(struct uring_backend *u)
{
    while (u->fresh.head) {
        struct uring_lane *lane = coil__uring_lane_of(u->fresh.head);
        struct io_uring_sqe *sqe = next_entry(u);

        if (!sqe)
            return false;
        coil__list_take_first(&u->fresh);
        lane->generation++;
        prepare(sqe, lane);
        lane->state = URING_FLYING;
        u->receiving += lane->receives;
    }
    return true;
}

/* Once, the ring tells that the epoll set has events. */
static bool arm_epoll(struct uring_backend *u)
{
    struct io_uring_sqe *sqe;

    if (u->epoll_armed)
        return true;
    sqe = next_entry(u);
    if (!sqe)
        return false;
    io_uring_prep_poll_add(sqe, u->epoll.table.fd, POLLIN);
    io_uring_sqe_set_data64(sqe, URING_KEY_EPOLL);
    u->epoll_armed = true;
    return true;
}

static int submit_until(struct uring_backend *u, coil_time deadline)
{
    struct __kernel_timespec limit;
    struct io_uring_cqe *unused;
    coil_time time;

    if (deadline == COIL_NEVER)
        return io_uring_submit_and_wait(&u->ring, 1);
    time = deadline <= 0 ? 0 : deadline - coil__sys_now();
    if (time <= 0)
        return io_uring_submit_and_get_events(&u->ring);
    limit.tv_sec = time / COIL_SECOND;
    limit.tv_nsec = time % COIL_SECOND;
    return io_uring_submit_and_wait_timeout(&u->ring, &unused, 1, &limit, NULL);
}

static int enter(struct uring_backend *u, coil_time deadline)
{
    unsigned before = io_uring_sq_ready(&u->ring);
    int rc = submit_until(u, deadline);

    if (before > io_uring_sq_ready(&u->ring))
        u->has_taken = true;
    take_results(u);
    /* The second: the number is another file's. */
    if (COIL_UNLIKELY(rc == -EBADF || rc == -EOPNOTSUPP))
        COIL_PANIC("the loop's ring was closed by the program");
    if (rc == -EBUSY)
        return -EAGAIN;
    return rc == -ETIME || rc > 0 ? 0 : rc;
}

int coil__uring_enter(struct uring_backend *u, coil_time deadline)
{
    bool is_all = put_fresh(u) && arm_epoll(u);

    if (!is_all || u->landed.head || u->epoll_fired)
        deadline = 0;
    return enter(u, deadline);
}

/* ---- calling back ---- */

/*
 * Enter the kernel for somebody who cannot go on before it has answered.  If it
 * refuses, the ring is closed, as long as it has no buffer.
 */
static void enter_again(struct uring_backend *u)
{
    int rc = enter(u, COIL_NEVER);

    if (rc == 0 || rc == -EINTR || rc == -EAGAIN)
        return;
    if (u->receiving > 0)
        COIL_PANIC("the kernel does not give a buffer back: error %d", -rc);
    coil__uring_close_ring(u);
}

static struct io_uring_sqe *entry_for_cancelling(struct uring_backend *u)
{
    struct io_uring_sqe *sqe;

    for (;;) {
        sqe = next_entry(u);
        if (sqe)
            return sqe;
        (void)enter(u, 0);
    }
}

/* Cancel what `key` or `flags` say, and wait for the answer. */
static int cancel(struct uring_backend *u, uint64_t key, int fd, unsigned flags)
{
    struct io_uring_sqe *sqe = entry_for_cancelling(u);

    io_uring_prep_cancel64(sqe, key, (int)flags);
    if (flags & IORING_ASYNC_CANCEL_FD)
        sqe->fd = fd;
    io_uring_sqe_set_data64(sqe, URING_KEY_CANCEL);
    u->has_cancelled = false;
    u->cancelled = 0;
    while (!u->has_cancelled && u->is_open)
        enter_again(u);
    return u->cancelled;
}

int coil__uring_call_back(struct uring_backend *u, struct uring_lane *lane)
{
    struct coil_list *list = &u->landed;
    int result;

    if (lane->state == URING_IDLE)
        return -ECANCELED;
    if (lane->state == URING_FRESH) {
        list = &u->fresh;
        lane->result = -ECANCELED;
    } else if (lane->state == URING_FLYING) {
        (void)cancel(u, coil__uring_key(lane), -1, 0);
        while (lane->state == URING_FLYING)
            enter_again(u);
    }
    coil__list_remove(list, &lane->link);
    lane->state = URING_IDLE;
    result = lane->result;
    return result == -EAGAIN || result == -EINTR ? -ECANCELED : result;
}

void coil__uring_call_back_all(struct uring_backend *u)
{
    if (u->receiving == 0)
        return;
    (void)cancel(u, 0, -1, IORING_ASYNC_CANCEL_ANY | IORING_ASYNC_CANCEL_ALL);
    while (u->receiving > 0)
        enter_again(u);
}

static bool flies(const struct uring_slot *slot)
{
    return slot->lanes[URING_IN].state == URING_FLYING ||
           slot->lanes[URING_OUT].state == URING_FLYING;
}

bool coil__uring_is_same(struct uring_backend *u, const struct uring_slot *slot,
                         int fd)
{
    if (!flies(slot))
        return true;
    return cancel(u, 0, fd, IORING_ASYNC_CANCEL_FD | IORING_ASYNC_CANCEL_ALL) >
               0 ||
           !flies(slot);
}
