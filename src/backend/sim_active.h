/* SPDX-License-Identifier: MIT */
/*
 * backend/sim_active.h - sockets whose operations may be able to end
 *
 * With seed 0 the sockets are served in the order in which they became active;
 * other seeds choose.
 */
#ifndef COIL_BACKEND_SIM_ACTIVE_H
#define COIL_BACKEND_SIM_ACTIVE_H

#include "backend/sim_chance.h"
#include "backend/sim_socket.h"
#include "base/platform.h"

struct sim_active {
    struct coil_list sockets;
    size_t count;
};

/* An operation on `socket` may have become possible. */
void coil__sim_activate(struct sim_active *active, struct sim_chance *chance,
                        struct sim_socket *socket);
void coil__sim_deactivate(struct sim_active *active, struct sim_socket *socket);

/* The first active socket.  There is one. */
static inline struct sim_socket *
coil__sim_first_active(const struct sim_active *active)
{
    return coil__container_of(active->sockets.head, struct sim_socket,
                              active_link);
}

#endif
