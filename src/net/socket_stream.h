/* SPDX-License-Identifier: MIT */
/*
 * net/socket_stream.h - a stream over a socket of the backend
 */
#ifndef COIL_NET_SOCKET_STREAM_H
#define COIL_NET_SOCKET_STREAM_H

#include "backend/backend.h"
#include "net/stream.h"

/*
 * A stream without a socket, with the owner's reference; or NULL.  The other
 * side's address must be stored in `*peer`, which is a part of the stream.
 */
struct coil_stream *coil__socket_stream_new(struct coil__backend *backend,
                                            struct coil_address **peer);

/* Give the stream a connected socket to own.  Now the stream is open. */
void coil__socket_stream_open(struct coil_stream *stream, int fd);

struct coil__descriptors;
struct coil__member;

/* It is one of those that `member` has got (net/listener_group.h). */
void coil__socket_stream_count(struct coil_stream *stream,
                               struct coil__member *member);

/*
 * Keep descriptors that come, `limit` at most.  Nothing was read yet.  Returns 0;
 * -ENOMEM.
 */
int coil__socket_stream_keep(struct coil_stream *stream, size_t limit);

/* Those, or NULL: they are not kept. */
struct coil__descriptors *
coil__socket_stream_kept(const struct coil_stream *stream);

/*
 * The socket that the stream is directly over, and its backend; or -EOPNOTSUPP.
 */
int coil__socket_stream_fd(const struct coil_stream *stream,
                           struct coil__backend **backend);

/* End a stream that nobody has used, and return its socket. */
int coil__socket_stream_detach(struct coil_stream *stream);

#endif
