/* SPDX-License-Identifier: MIT */
/*
 * listener_group.c - listeners of several loops that share what comes
 *
 * Each loop has a listener, a member, and each member has duplicates of the same
 * sockets, so that it can go on when others end.  The first in the list leads: only
 * its operations wait, and what comes is given to the member that has the fewest
 * open connections.  A connection on its way belongs to no backend.  It lies in the
 * member's `arrived`, and a letter tells the member's loop.
 *
 * The mutex guards the list, and `arrived`, `is_told` and `is_stalled`.  Who is in
 * the list has an open loop: its hook takes it out before the mailbox is closed.  A
 * connection keeps its member, which may have left the group, for the count alone.
 *
 * The order of locks: group, mailbox.
 */
#include "net/listener_group.h"

#include <errno.h>
#include <stdatomic.h>
#include <stdint.h>

#include <coil/loop.h>

#include "base/list.h"
#include "base/memory.h"
#include "base/mutex.h"
#include "base/platform.h"
#include "loop/hooks.h"
#include "net/socket.h"
#include "threads/mailbox.h"

/* So many connections wait for a loop that does not take them. */
enum { ARRIVED_MAX = 16 };

struct arrival {
    struct coil_link link; /* first */
    int fd;
    struct coil_address peer;
};

struct coil__member {
    struct coil_link link; /* first */
    struct coil_letter letter;
    struct coil_loop_hook at_close;
    struct coil_listener_group *group; /* NULL: it has left */
    struct coil_listener *listener;
    struct coil__backend *backend;
    struct coil__backend *world; /* the simulator, or NULL */
    void (*look)(struct coil_listener *listener);
    struct coil_mailbox *mailbox;
    atomic_size_t open; /* on their way or taken, and not closed */
    atomic_uint refs;   /* its listener's, its letter's, and its connections' */
    bool is_told;       /* the letter is under way */
    struct coil_list arrived;
    size_t count; /* of them: more than ARRIVED_MAX if a member has left */
};

static void release(struct coil__member *m)
{
    if (atomic_fetch_sub(&m->refs, 1) > 1)
        return;
    coil__mailbox_release(m->mailbox);
    coil__free(m);
}

static void hold(struct coil__member *m)
{
    atomic_fetch_add_explicit(&m->refs, 1, memory_order_relaxed);
}

void coil__group_lock(struct coil_listener_group *group)
{
    coil__mutex_lock(&group->mutex);
}

void coil__group_unlock(struct coil_listener_group *group)
{
    coil__mutex_unlock(&group->mutex);
}

static struct coil__member *member_of(struct coil_link *link)
{
    return link ? coil__container_of(link, struct coil__member, link) : NULL;
}

static struct coil__member *leader_of(const struct coil_listener_group *group)
{
    return member_of(group->members.head);
}

const struct coil_listener *
coil__group_leader(const struct coil_listener_group *group)
{
    const struct coil__member *leader = leader_of(group);

    return leader ? leader->listener : NULL;
}

/* ---- telling another loop ---------------------------------------------------- */

static void deliver(struct coil_letter *letter)
{
    struct coil__member *m =
        coil__container_of(letter, struct coil__member, letter);
    struct coil_listener_group *group = m->group;

    if (group) {
        coil__group_lock(group);
        m->is_told = false;
        coil__group_unlock(group);
        m->look(m->listener);
    }
    release(m);
}

static void drop(struct coil_letter *letter)
{
    release(coil__container_of(letter, struct coil__member, letter));
}

/* The group is locked. */
static void tell(struct coil__member *m)
{
    if (m->is_told)
        return;
    m->is_told = true;
    hold(m);
    if (!coil__mailbox_post(m->mailbox, &m->letter, false))
        release(m);
}

/* The group is locked: there is room, or another leader. */
static void tell_leader(struct coil_listener_group *group)
{
    group->is_stalled = false;
    if (group->members.head)
        tell(leader_of(group));
}

/* ---- connections ------------------------------------------------------------- */

static size_t open_of(const struct coil__member *m)
{
    return atomic_load_explicit(&m->open, memory_order_relaxed);
}

/*
 * The group is locked.  Of those for which fewer than `limit` wait; of two that have
 * as many, the first.
 */
static struct coil__member *
least_loaded(const struct coil_listener_group *group, size_t limit)
{
    struct coil__member *found = NULL;
    struct coil__member *m;

    for (m = leader_of(group); m; m = member_of(m->link.next))
        if (m->count < limit && (!found || open_of(m) < open_of(found)))
            found = m;
    return found;
}

/* The group is locked. */
static void put(struct coil__member *m, struct arrival *arrival)
{
    coil__list_append(&m->arrived, &arrival->link);
    m->count++;
    atomic_fetch_add_explicit(&m->open, 1, memory_order_relaxed);
}

/* The same.  NULL: nothing has come. */
static struct arrival *pop(struct coil__member *m)
{
    struct coil_link *first = coil__list_pop(&m->arrived);

    if (!first)
        return NULL;
    m->count--;
    return coil__container_of(first, struct arrival, link);
}

bool coil__member_leads(struct coil__member *m)
{
    bool leads;

    coil__group_lock(m->group);
    leads = leader_of(m->group) == m;
    coil__group_unlock(m->group);
    return leads;
}

bool coil__member_has_room(struct coil__member *m)
{
    struct coil_listener_group *group = m->group;
    bool has_room;

    coil__group_lock(group);
    has_room = least_loaded(group, ARRIVED_MAX);
    group->is_stalled = !has_room;
    coil__group_unlock(group);
    return has_room;
}

int coil__member_place(struct coil__member *m, int fd,
                       const struct coil_address *peer)
{
    struct coil_listener_group *group = m->group;
    struct arrival *arrival = coil__alloc(sizeof *arrival);
    struct coil__member *target;

    if (!arrival)
        return -ENOMEM;
    arrival->fd = fd;
    arrival->peer = *peer;
    coil__group_lock(group);
    target = least_loaded(group, ARRIVED_MAX);
    group->is_stalled = !target;
    if (target) {
        (void)coil__socket_give_up(m->backend, fd);
        put(target, arrival);
        if (target != m)
            tell(target);
    }
    coil__group_unlock(group);
    if (target)
        return 0;
    coil__free(arrival);
    return -EAGAIN;
}

ptrdiff_t coil__member_take(struct coil__member *m, struct coil_address *peer)
{
    struct coil_listener_group *group = m->group;
    struct arrival *arrival;
    int fd;

    if (!group)
        return -EBADF;
    coil__group_lock(group);
    arrival = pop(m);
    if (arrival && group->is_stalled)
        tell_leader(group);
    coil__group_unlock(group);
    if (!arrival)
        return -EAGAIN;
    fd = arrival->fd;
    *peer = arrival->peer;
    coil__free(arrival);
    (void)coil__socket_join(m->world, m->backend, fd);
    return fd;
}

/* ---- how many are open ------------------------------------------------------- */

struct coil__member *coil__member_begin(struct coil__member *m)
{
    hold(m);
    return m;
}

void coil__member_end(struct coil__member *m)
{
    atomic_fetch_sub_explicit(&m->open, 1, memory_order_relaxed);
    release(m);
}

size_t coil__member_open(const struct coil__member *m)
{
    return open_of(m);
}

/* ---- entering and leaving ---------------------------------------------------- */

/*
 * The group is locked, and `m` is out of it.  What has come for it goes to others,
 * however many wait there; without others it is closed.
 */
static void hand_on(struct coil_listener_group *group, struct coil__member *m)
{
    struct arrival *arrival;

    while ((arrival = pop(m))) {
        struct coil__member *target = least_loaded(group, SIZE_MAX);

        if (target) {
            put(target, arrival);
            tell(target);
        } else {
            coil__socket_close(m->world, arrival->fd);
            coil__free(arrival);
        }
    }
}

static void leave(struct coil__member *m)
{
    struct coil_listener_group *group = m->group;

    if (!group)
        return;
    coil__group_lock(group);
    coil__list_remove(&group->members, &m->link);
    hand_on(group, m);
    tell_leader(group);
    m->group = NULL;
    coil__group_unlock(group);
}

bool coil__member_has_left(const struct coil__member *m)
{
    return !m->group;
}

/* The listener was left open: its operations must end as well. */
static void leave_with_loop(struct coil_loop_hook *hook)
{
    struct coil__member *m =
        coil__container_of(hook, struct coil__member, at_close);

    leave(m);
    m->look(m->listener);
}

void coil__member_leave(struct coil__member *m)
{
    if (m->group)
        coil__loop_unhook(&m->at_close);
    leave(m);
    release(m);
}

struct coil__member *coil__member_new(struct coil_listener_group *group,
                                      struct coil_listener *listener,
                                      struct coil__backend *backend,
                                      void (*look)(struct coil_listener *))
{
    struct coil_loop *loop = coil_loop_current();
    struct coil__member *m = coil__alloc(sizeof *m);

    if (!m)
        return NULL;
    m->mailbox = coil__mailbox_of(loop);
    if (!m->mailbox) {
        coil__free(m);
        return NULL;
    }
    m->letter = (struct coil_letter){ .deliver = deliver, .drop = drop };
    m->at_close.fn = leave_with_loop;
    m->group = group;
    m->listener = listener;
    m->backend = backend;
    m->world = coil__backend_is_simulated(backend) ? backend : NULL;
    m->look = look;
    atomic_init(&m->refs, 1);
    coil__loop_at_close(loop, &m->at_close);
    coil__list_append(&group->members, &m->link);
    tell_leader(group);
    return m;
}
