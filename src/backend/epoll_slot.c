/* SPDX-License-Identifier: MIT */
#include "backend/epoll_slot.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>

#include <coil/fd.h>

#include "base/list.h"
#include "base/memory.h"

#define FEWEST_SLOTS 64

/* EPOLLPRI: urgent data makes a read stop short, though there is more. */
#define SOCKET_MASK                                                            \
    ((uint32_t)EPOLLIN | EPOLLOUT | EPOLLRDHUP | EPOLLPRI | EPOLLET)

/* ---- the table ---- */

int coil__epoll_reserve(struct epoll_table *t, int fd)
{
    size_t needed = (size_t)fd + 1;
    size_t capacity = t->capacity ? t->capacity : FEWEST_SLOTS;
    struct epoll_slot *slots;

    if (needed <= t->capacity)
        return 0;
    while (capacity < needed)
        capacity *= 2;
    slots = coil__realloc(t->slots, capacity * sizeof(*slots));
    if (!slots)
        return -ENOMEM;
    memset(slots + t->capacity, 0, (capacity - t->capacity) * sizeof(*slots));
    t->slots = slots;
    t->capacity = capacity;
    return 0;
}

/* ---- descriptors that somebody else closes ---- */

void coil__epoll_note_lost(struct epoll_table *t, int fd)
{
    if (t->lost_count < EPOLL_LOST_MAX)
        t->lost[t->lost_count++] = fd;
    coil__wakeup_send(&t->wakeup);
}

void coil__epoll_lose(struct epoll_table *t, int fd)
{
    struct epoll_slot *slot = &t->slots[fd];

    for (int direction = 0; direction < EPOLL_DIRECTIONS; direction++) {
        struct coil_list *queue = &slot->queue[direction];

        while (queue->head) {
            struct coil_op *op = coil__op_first(queue);

            coil__list_remove(queue, &op->link);
            op->result = -EBADF;
            op->state = EPOLL_STATE_ENDED;
            coil__list_append(&t->ended, &op->link);
        }
    }
    slot->generation++;
    slot->mask = 0;
    slot->is_socket = false;
    slot->drained = false;
    slot->undrainable = false;
    coil__epoll_note_lost(t, fd);
}

void coil__epoll_adopt(struct epoll_table *t, int fd)
{
    const struct epoll_slot *slot = coil__epoll_slot(t, fd);

    if (slot && slot->mask)
        coil__epoll_lose(t, fd);
}

/* ---- registration ---- */

static uint32_t mask_of(unsigned events)
{
    uint32_t mask = 0;

    if (events & COIL_READABLE)
        mask |= EPOLLIN;
    if (events & COIL_WRITABLE)
        mask |= EPOLLOUT;
    return mask;
}

/*
 * The mask that READY operations need.  It is for one event, and armed again
 * for the next.  When a descriptor is closed while a duplicate lives, its
 * registration cannot be removed, and would otherwise report for ever.
 */
static uint32_t mask_for_ready(const struct epoll_slot *slot)
{
    const struct coil_op *op =
        coil__op_first(&slot->queue[EPOLL_DIRECTION_READY]);
    uint32_t mask = 0;

    for (; op; op = coil__op_of(op->link.next))
        mask |= mask_of(op->events);
    return mask ? mask | EPOLLONESHOT : 0;
}

/*
 * -ENOENT: the kernel has forgotten the descriptor, because it was closed.
 * -EBADF says the same, and so does -EPERM, if a file has got the number.  If a
 * duplicate is left, the kernel may also know a descriptor that coil has
 * forgotten.
 */
static int control(struct epoll_table *t, struct epoll_slot *slot, int fd,
                   uint32_t mask)
{
    struct epoll_event event = {
        .events = mask,
        .data.u64 = coil__epoll_key(slot, fd),
    };
    int operation = slot->mask ? EPOLL_CTL_MOD : EPOLL_CTL_ADD;
    int rc = epoll_ctl(t->fd, operation, fd, &event);

    if (rc < 0 && operation == EPOLL_CTL_ADD && errno == EEXIST)
        rc = epoll_ctl(t->fd, EPOLL_CTL_MOD, fd, &event);
    if (rc < 0)
        return -errno;
    slot->mask = mask;
    return 0;
}

/*
 * Whether `fd` is no longer what was registered.  Other descriptors than
 * sockets are simply registered again, which does no harm: they would report
 * anyway.  A socket would report all it knows again, each time.
 */
static bool is_lost(struct epoll_table *t, struct epoll_slot *slot, int fd)
{
    if (slot->is_socket)
        return fcntl(fd, F_GETFD) < 0;
    return control(t, slot, fd, slot->mask) < 0;
}

void coil__epoll_search(struct epoll_table *t)
{
    for (size_t fd = 0; fd < t->capacity; fd++)
        if (t->slots[fd].mask && is_lost(t, &t->slots[fd], (int)fd))
            coil__epoll_lose(t, (int)fd);
}

void coil__epoll_check(struct epoll_table *t, int fd)
{
    struct epoll_slot *slot = coil__epoll_slot(t, fd);

    if (slot && slot->mask && control(t, slot, fd, slot->mask) < 0)
        coil__epoll_lose(t, fd);
}

int coil__epoll_register(struct epoll_table *t, struct epoll_slot *slot,
                         const struct coil_op *op)
{
    bool is_ready = op->kind == COIL_OP_READY;
    uint32_t mask = SOCKET_MASK;
    int rc;

    if (!slot->is_socket && is_ready)
        mask = mask_for_ready(slot) | mask_of(op->events) | EPOLLONESHOT;
    /* Only the kernel knows whose number it is now. */
    if (mask == slot->mask && !is_ready)
        return 0;
    rc = control(t, slot, op->fd, mask);
    if (rc == -ENOENT) {
        coil__epoll_lose(t, op->fd);
        if (is_ready)
            mask = mask_of(op->events) | EPOLLONESHOT;
        rc = control(t, slot, op->fd, mask);
    }
    return rc;
}

void coil__epoll_unregister(struct epoll_table *t, int fd)
{
    struct epoll_slot *slot = &t->slots[fd];

    if (!slot->mask)
        return;
    /* This fails, harmlessly, if the descriptor is closed already. */
    (void)epoll_ctl(t->fd, EPOLL_CTL_DEL, fd, &(struct epoll_event){ 0 });
    slot->mask = 0;
    slot->generation++;
}

/* ---- READY ---- */

static unsigned events_of(uint32_t mask, unsigned asked)
{
    unsigned events = 0;

    if (mask & (EPOLLIN | EPOLLRDHUP))
        events |= COIL_READABLE;
    if (mask & EPOLLOUT)
        events |= COIL_WRITABLE;
    if (mask & (EPOLLHUP | EPOLLERR))
        events |= asked;
    return events & asked;
}

/* End a slot's READY operations: with `error`; if that is 0, with `events`. */
static void take_ready(struct epoll_table *t, struct epoll_slot *slot,
                       uint32_t events, int error)
{
    struct coil_list *queue = &slot->queue[EPOLL_DIRECTION_READY];
    struct coil_op *op = coil__op_first(queue);

    while (op) {
        struct coil_op *next = coil__op_of(op->link.next);
        ptrdiff_t result = error;

        if (!error)
            result = (ptrdiff_t)events_of(events, op->events);
        if (result) {
            coil__list_remove(queue, &op->link);
            op->result = result;
            op->state = EPOLL_STATE_ENDED;
            coil__list_append(&t->ended, &op->link);
        }
        op = next;
    }
}

void coil__epoll_end_ready(struct epoll_table *t, int fd, uint32_t events)
{
    struct epoll_slot *slot = &t->slots[fd];
    uint32_t rest;
    int rc;

    take_ready(t, slot, events, 0);
    if (slot->is_socket)
        return;
    slot->mask = EPOLLONESHOT; /* still registered, for nothing */
    rest = mask_for_ready(slot);
    if (!rest) {
        coil__epoll_unregister(t, fd);
        return;
    }
    rc = control(t, slot, fd, rest);
    if (rc == -ENOENT || rc == -EBADF || rc == -EPERM) {
        coil__epoll_lose(t, fd);
    } else if (rc < 0) {
        take_ready(t, slot, 0, rc);
        coil__epoll_unregister(t, fd);
    }
}
