/* SPDX-License-Identifier: MIT */
/*
 * net/descriptors.h - descriptors that come through a Unix socket
 *
 * They are kept in the order in which they came.  Where some were lost there is a
 * mark, which is told as an error.
 */
#ifndef COIL_NET_DESCRIPTORS_H
#define COIL_NET_DESCRIPTORS_H

#include "backend/backend.h"

struct coil_stream;
struct msghdr;
struct coil__descriptors;

enum {
    COIL__DESCRIPTORS_MAX = 253,       /* in one message: SCM_MAX_FD */
    COIL__DESCRIPTORS_LIMIT = 1 << 16, /* that a stream can keep */
};

/* The size of the ancillary data with all of them. */
#define COIL__DESCRIPTORS_ROOM (CMSG_SPACE(COIL__DESCRIPTORS_MAX * sizeof(int)))

/* Room for `limit`, or for as many as there can be; NULL: no memory. */
struct coil__descriptors *coil__descriptors_new(size_t limit);

/* Close those that nobody took, and free it; NULL is allowed. */
void coil__descriptors_free(struct coil__descriptors *descriptors);

/* Take the first, or return -EAGAIN, or -EMFILE for a mark. */
int coil__descriptors_take(struct coil__descriptors *descriptors);

/* Do what the READ `op` asks, and keep the descriptors that come. */
ptrdiff_t coil__descriptors_receive(struct coil__descriptors *descriptors,
                                    struct coil__backend *backend,
                                    const struct coil_op *read,
                                    const struct coil_stream *stream)
    COIL_MUST_CHECK;

/*
 * Store the descriptors of a message that was received in fds[0 … room-1], and
 * close the others.  Returns how many are stored; `*lost`: there were more.
 */
size_t coil__descriptors_get(const struct msghdr *header, int *fds, size_t room,
                             bool *lost);

#endif
