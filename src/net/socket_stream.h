/* SPDX-License-Identifier: MIT */
/*
 * net/socket_stream.h - a stream over a socket of the backend
 */
#ifndef COIL_NET_SOCKET_STREAM_H
#define COIL_NET_SOCKET_STREAM_H

#include "backend/backend.h"
#include "net/stream.h"

/*
 * A stream without a socket yet, with the owner's reference; or NULL.  `*peer`,
 * where the other side's address is to be stored, is a part of it.
 */
struct coil_stream *coil__socket_stream_new(struct coil__backend *backend,
                                            struct coil_address **peer);

/* Give it an own, connected socket.  From now on it is open. */
void coil__socket_stream_open(struct coil_stream *stream, int fd);

#endif
