/* SPDX-License-Identifier: MIT */
#include "backend/sim_bound.h"

#include <errno.h>

#include "backend/sim_address.h"
#include "base/list.h"
#include "base/memory.h"

#define FIRST_PORT 49152u
#define LAST_PORT 65535u

/* ---- addresses -------------------------------------------------------- */

/* The next bound socket from `socket` on that has `address`, or NULL. */
static struct sim_socket *find_at(struct sim_socket *socket,
                                  const struct coil_address *address)
{
    while (socket && !coil__sim_overlap(&socket->local, address))
        socket = socket->next;
    return socket;
}

static bool is_taken(const struct sim_bound *bound,
                     const struct sim_socket *socket,
                     const struct coil_address *address)
{
    struct sim_socket *other = find_at(bound->first, address);

    while (other && other->shares_port && socket->shares_port)
        other = find_at(other->next, address);
    return other;
}

static bool choose_port(struct sim_bound *bound, struct coil_address *address)
{
    for (unsigned tries = LAST_PORT - FIRST_PORT + 1; tries > 0; tries--) {
        if (bound->next_port < FIRST_PORT || bound->next_port > LAST_PORT)
            bound->next_port = FIRST_PORT;
        coil__sim_set_port(address, bound->next_port++);
        if (!find_at(bound->first, address))
            return true;
    }
    return false;
}

int coil__sim_bind_to(struct sim_bound *bound, struct sim_socket *socket,
                      const struct coil_address *address)
{
    struct coil_address local = *address;

    if (socket->is_bound ||
        !coil__sim_address_valid(address, socket->local.storage.ss_family))
        return -EINVAL;
    if (coil__sim_port(&local) == 0) {
        if (!choose_port(bound, &local))
            return -EADDRINUSE;
    } else if (is_taken(bound, socket, &local)) {
        return -EADDRINUSE;
    }
    socket->local = local;
    socket->is_named = true;
    socket->is_bound = true;
    socket->next = bound->first;
    bound->first = socket;
    return 0;
}

void coil__sim_unbind(struct sim_bound *bound, struct sim_socket *socket)
{
    struct sim_socket **link = &bound->first;

    while (socket->groups.head)
        coil__free(coil__list_take_first(&socket->groups));
    if (!socket->is_bound)
        return;
    while (*link != socket)
        link = &(*link)->next;
    *link = socket->next;
    socket->is_bound = false;
}

/* ---- groups ----------------------------------------------------------- */

static struct sim_group *find_group(const struct sim_socket *socket,
                                    const struct coil_address *address)
{
    struct coil_address wanted = *address;
    struct coil_link *link = socket->groups.head;

    coil__sim_set_port(&wanted, 0);
    while (link && !coil__sim_overlap(
                       &((struct sim_group *)(void *)link)->address, &wanted))
        link = link->next;
    return (void *)link;
}

int coil__sim_join(struct sim_socket *socket, const struct coil_address *group)
{
    struct sim_group *g;

    if (!coil__sim_address_valid(group, socket->local.storage.ss_family) ||
        !coil__sim_is_multicast(group))
        return -EINVAL;
    if (find_group(socket, group))
        return -EADDRINUSE;
    g = coil__alloc(sizeof *g);
    if (!g)
        return -ENOMEM;
    g->address = *group;
    coil__sim_set_port(&g->address, 0);
    coil__list_append(&socket->groups, &g->link);
    return 0;
}

int coil__sim_leave(struct sim_socket *socket, const struct coil_address *group)
{
    struct sim_group *g = find_group(socket, group);

    if (!g)
        return -EADDRNOTAVAIL;
    coil__list_remove(&socket->groups, &g->link);
    coil__free(g);
    return 0;
}

/* ---- who gets it ------------------------------------------------------ */

bool coil__sim_hears(const struct sim_socket *socket,
                     const struct sim_message *m)
{
    bool is_there = coil__sim_overlap(&socket->local, &m->to);

    if (coil__sim_is_multicast(&m->to))
        is_there = coil__sim_port(&socket->local) == coil__sim_port(&m->to) &&
                   find_group(socket, &m->to);
    if (coil__sim_is_broadcast(&m->to))
        is_there = is_there && coil__sim_is_any(&socket->local);
    return is_there && (socket->state != SIM_STATE_CONNECTED ||
                        coil__sim_overlap(&socket->remote, &m->from));
}

/* Of two sockets with one address, the connected one. */
struct sim_socket *coil__sim_receiver_of(const struct sim_bound *bound,
                                         const struct sim_message *m)
{
    struct sim_socket *best = NULL;

    for (struct sim_socket *s = bound->first; s; s = s->next)
        if (coil__sim_hears(s, m) && (!best || s->state == SIM_STATE_CONNECTED))
            best = s;
    return best;
}
