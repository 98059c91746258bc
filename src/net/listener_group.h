/* SPDX-License-Identifier: MIT */
/*
 * net/listener_group.h - what a listener is in a group of several loops
 */
#ifndef COIL_NET_LISTENER_GROUP_H
#define COIL_NET_LISTENER_GROUP_H

#include <coil/listener.h>

#include "backend/backend.h"

struct coil__member;

/*
 * Make `listener`, whose sockets are open on `backend`, a member of `group`, which
 * coil__group_lock() has locked.  `look` is called on this thread when something may
 * have come for it, or when it may have become the leader.  NULL: no memory.
 */
struct coil__member *coil__member_new(struct coil_listener_group *group,
                                      struct coil_listener *listener,
                                      struct coil__backend *backend,
                                      void (*look)(struct coil_listener *));

void coil__group_lock(struct coil_listener_group *group);
void coil__group_unlock(struct coil_listener_group *group);

/* The listener of the leader, while the group is locked; NULL: there is none. */
const struct coil_listener *
coil__group_leader(const struct coil_listener_group *group);

/*
 * The listener is being closed.  What has come for it goes to others, and another
 * one leads if this one did.
 */
void coil__member_leave(struct coil__member *member);

/* Whether the loop is being closed, with the listener open. */
bool coil__member_has_left(const struct coil__member *member);

/* Whether this one accepts for all. */
bool coil__member_leads(struct coil__member *member);

/* Whether any member would take a connection.  If not, look() is called later. */
bool coil__member_has_room(struct coil__member *member);

/*
 * Give a connection, which this backend has, to the member with the fewest.
 * Returns 0; or, and it stays where it is, -EAGAIN: no one takes it; -ENOMEM.
 */
int coil__member_place(struct coil__member *member, int fd,
                       const struct coil_address *peer);

/* The next connection that has come for this member, or -EAGAIN. */
ptrdiff_t coil__member_take(struct coil__member *member,
                            struct coil_address *peer);

/* ---- how many are open ------------------------------------------------------- */

/* A connection that was taken keeps the member's count until _end(). */
struct coil__member *coil__member_begin(struct coil__member *member);
void coil__member_end(struct coil__member *member); /* in any thread */

size_t coil__member_open(const struct coil__member *member);

#endif
