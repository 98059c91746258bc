/* SPDX-License-Identifier: MIT */
/*
 * backend/sim_address.h - addresses as the simulator compares them
 */
#ifndef COIL_BACKEND_SIM_ADDRESS_H
#define COIL_BACKEND_SIM_ADDRESS_H

#include <stdbool.h>

#include <coil/address.h>

/* The length of an address of `family`; of AF_UNIX: of one without a name. */
socklen_t coil__sim_address_length(int family);
/* Whether it names a file. */
bool coil__sim_is_path(const struct coil_address *address);
bool coil__sim_is_multicast(const struct coil_address *address);
bool coil__sim_is_broadcast(const struct coil_address *address);
bool coil__sim_is_any(const struct coil_address *address);
bool coil__sim_address_valid(const struct coil_address *address, int family);
unsigned coil__sim_port(const struct coil_address *address);
void coil__sim_set_port(struct coil_address *address, unsigned port);

/* Turn "all addresses" into the loopback address. */
void coil__sim_make_specific(struct coil_address *address);

/*
 * Whether nobody can listen on both, or whether a connect to `b` reaches `a`.
 */
bool coil__sim_overlap(const struct coil_address *a,
                       const struct coil_address *b);

#endif
