/* SPDX-License-Identifier: MIT */
/*
 * net/listener_open.h - what a listener is before it has sockets, and after
 */
#ifndef COIL_NET_LISTENER_OPEN_H
#define COIL_NET_LISTENER_OPEN_H

#include "net/listener.h"

/* A listener without sockets, with room for `count`.  NULL: no memory. */
struct coil_listener *coil__listener_new(size_t count);

/* It has all its sockets, which listen. */
void coil__listener_enter(struct coil_listener *l);

#endif
