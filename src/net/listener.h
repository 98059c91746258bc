/* SPDX-License-Identifier: MIT */
/*
 * net/listener.h - a listener of any kind
 */
#ifndef COIL_NET_LISTENER_H
#define COIL_NET_LISTENER_H

#include "net/accepting.h"

/*
 * As coil_listener_accept(), of any kind of listener.  prepare(arg) is called
 * before a connection is taken, each time that it is tried: what it allocates
 * cannot be lacking afterwards.  NULL: nothing is called.
 */
int coil__listener_accept(struct coil_listener *listener,
                          struct coil_stream **out, int (*prepare)(void *arg),
                          void *arg) COIL_SUSPENDS;

#endif
