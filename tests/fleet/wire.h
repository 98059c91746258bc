/* SPDX-License-Identifier: MIT */
/*
 * wire.h - a pair of network interfaces between two namespaces, which can be cut
 *
 * The engine's end is in the namespace of the driver, the worker's end in that of a
 * child.  Each end knows the other by an address of the link that is written down and
 * never asked for.  A direction is cut by writing a wrong one: what is sent goes out,
 * and is dropped on the other side, without anybody being told.
 */
#ifndef FLEET_WIRE_H
#define FLEET_WIRE_H

#include <sys/types.h>

#define WIRE_ENGINE "10.9.0.1"
#define WIRE_WORKER "10.9.0.2"

struct wire {
    int engine; /* a socket in that namespace */
    int worker; /* … */
};

enum wire_cut {
    WIRE_WHOLE = 0,
    WIRE_TO_WORKER = 1,
    WIRE_TO_ENGINE = 2,
    WIRE_BOTH = 3,
};

/* Lay it to the namespace of the process `worker`. */
void wire_lay(struct wire *wire, pid_t worker);
void wire_cut(const struct wire *wire, enum wire_cut cut);

#endif
