/* SPDX-License-Identifier: MIT */
/*
 * sim_active.c - the queue of sockets that may be able to end an operation
 */
#include "backend/simulator.h"

static bool has_pending(const struct sim_socket *socket)
{
    return socket->queue[SIM_DIRECTION_IN].head ||
           socket->queue[SIM_DIRECTION_OUT].head;
}

static void append_active(struct sim_backend *sim, struct sim_socket *socket)
{
    socket->previous_active = sim->last_active;
    if (sim->last_active)
        sim->last_active->next_active = socket;
    else
        sim->active = socket;
    sim->last_active = socket;
}

static void prepend_active(struct sim_backend *sim, struct sim_socket *socket)
{
    socket->next_active = sim->active;
    if (sim->active)
        sim->active->previous_active = socket;
    else
        sim->last_active = socket;
    sim->active = socket;
}

void coil__sim_activate(struct sim_backend *sim, struct sim_socket *socket)
{
    if (socket->active || !has_pending(socket))
        return;
    socket->active = true;
    sim->active_count++;
    if (coil__sim_chance(sim, 2))
        prepend_active(sim, socket);
    else
        append_active(sim, socket);
}

void coil__sim_deactivate(struct sim_backend *sim, struct sim_socket *socket)
{
    if (!socket->active)
        return;
    if (socket->previous_active)
        socket->previous_active->next_active = socket->next_active;
    else
        sim->active = socket->next_active;
    if (socket->next_active)
        socket->next_active->previous_active = socket->previous_active;
    else
        sim->last_active = socket->previous_active;
    socket->next_active = NULL;
    socket->previous_active = NULL;
    socket->active = false;
    sim->active_count--;
}
