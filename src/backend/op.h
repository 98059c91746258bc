/* SPDX-License-Identifier: MIT */
/*
 * backend/op.h - one operation on the outside world
 */
#ifndef COIL_BACKEND_OP_H
#define COIL_BACKEND_OP_H

#include <stddef.h>
#include <stdint.h>

#include <coil/address.h>
#include <coil/list.h>

enum coil_op_kind {
    COIL_OP_READY,   /* wait until fd is as `events` asks; result: how it is */
    COIL_OP_READ,    /* receive into data; result: bytes, 0 at the end */
    COIL_OP_PEEK,    /* wait until a READ will not wait, probably; result: 0 */
    COIL_OP_WRITE,   /* send from data; result: bytes, possibly fewer */
    COIL_OP_ACCEPT,  /* result: a new descriptor, close-on-exec */
    COIL_OP_CONNECT, /* connect fd to *address; result: 0 */
    /*
     * Send from a file; data: a struct coil_file_part.  Result: bytes, possibly
     * fewer; 0 behind the end of the file; -EINVAL and the like: it cannot.
     */
    COIL_OP_SEND_FILE,
    /*
     * Receive messages, with their addresses and ancillary data; data: `size`
     * of struct mmsghdr, each with one piece; events: flags, as MSG_TRUNC.
     * Result: how many came, one at least.  Descriptors that come are closed on
     * exec.
     */
    COIL_OP_RECEIVE,
    /* Send messages, likewise.  Result: how many were sent, one at least. */
    COIL_OP_SEND,
    /*
     * The same as READ, PEEK and WRITE on a descriptor of adopt_fd(), in the way
     * that `access` says.  PEEK_FD without COIL_READABLE in `events` waits until
     * the other side has gone.
     */
    COIL_OP_READ_FD,
    COIL_OP_PEEK_FD,
    COIL_OP_WRITE_FD,
    /*
     * Move up to `size` bytes from fd into a pipe, or from a pipe into fd; data:
     * an int, the end of the pipe.  Result: bytes, 0 at the end of the input;
     * -EINVAL and the like: it cannot.
     */
    COIL_OP_SPLICE_IN,
    COIL_OP_SPLICE_OUT,
};

/* What SEND_FILE sends: op.size bytes from `at` on. */
struct coil_file_part {
    int64_t at;
    int fd;
};

struct coil_op {
    struct coil_link link; /* first; like `state`, for the backend */
    void (*over)(struct coil_op *op);
    void *owner;      /* for over(): the beginner */
    ptrdiff_t result; /* when over: as above, or a negative errno value */
    void *data;
    size_t size;
    struct coil_address *address; /* CONNECT: to; ACCEPT: from, or NULL */
    int fd;
    unsigned events; /* READY: COIL_READABLE, COIL_WRITABLE; RECEIVE: flags */
    unsigned char kind;
    unsigned char state;  /* 0 before begin() */
    unsigned char access; /* …_FD: enum coil_fd_access */
};


/* The operation that contains `link`, or NULL. */
static inline struct coil_op *coil__op_of(struct coil_link *link)
{
    return (struct coil_op *)(void *)link;
}

/* The operation that began first, or NULL if the list is empty. */
static inline struct coil_op *coil__op_first(const struct coil_list *queue)
{
    return coil__op_of(queue->head);
}

#endif
