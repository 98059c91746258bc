/* SPDX-License-Identifier: MIT */
#include "backend/sim_active.h"

#include "base/list.h"

static bool has_pending(const struct sim_socket *socket)
{
    return socket->queue[SIM_DIRECTION_IN].head ||
           socket->queue[SIM_DIRECTION_OUT].head;
}

void coil__sim_activate(struct sim_active *active, struct sim_chance *chance,
                        struct sim_socket *socket)
{
    if (socket->active || !has_pending(socket))
        return;
    socket->active = true;
    active->count++;
    if (coil__sim_chance(chance, 2))
        coil__list_prepend(&active->sockets, &socket->active_link);
    else
        coil__list_append(&active->sockets, &socket->active_link);
}

void coil__sim_deactivate(struct sim_active *active, struct sim_socket *socket)
{
    if (!socket->active)
        return;
    coil__list_remove(&active->sockets, &socket->active_link);
    socket->active = false;
    active->count--;
}
