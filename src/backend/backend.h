/* SPDX-License-Identifier: MIT */
/*
 * backend/backend.h - the seam: all that coil knows of the outside world
 *
 * Clock, random numbers, sockets and waiting go through one table of functions,
 * so that one program runs on the kernel and on the simulator.  Nothing above
 * calls clock_gettime(), recv() or epoll_wait().
 *
 * The seam speaks of operations that complete.  An operation belongs to the
 * backend from begin(), if that returns false, until over() is called, exactly
 * once; until then its memory and every buffer it names stay alive and
 * untouched.  cancel() only asks: the operation is over when over() says so,
 * with -ECANCELED or with what came first.  A backend may call over() from
 * within cancel() (epoll does) or later (a kernel that works on its own would);
 * of a READY operation, which has no buffer, cancel() always calls it.
 *
 * over() is called by cancel(), wait() and close_socket() only, never by begin(),
 * on the loop's thread, on whatever stack those run on.  It may call whatever is
 * in the table but wait() and close().
 */
#ifndef COIL_BACKEND_BACKEND_H
#define COIL_BACKEND_BACKEND_H

#include <stdbool.h>
#include <stdint.h>

#include <coil/time.h>

#include "backend/op.h"

struct coil__backend;

struct coil__backend_ops {
    const char *name;
    bool simulated;

    /* Free the backend.  No operation is pending. */
    void (*close)(struct coil__backend *backend);

    /*
     * In a child after fork(): let go of all that is shared with the parent.
     * No operation is over any more; cancel(), wake() and close() may be
     * called.  Safe in a signal handler.  NULL: nothing is shared.
     */
    void (*forked)(struct coil__backend *backend);

    /*
     * A descriptor that is readable when wait() has something to do but for
     * its deadline.  NULL: there is none.
     */
    int (*descriptor)(struct coil__backend *backend);

    coil_time (*now)(struct coil__backend *backend);
    uint64_t (*random)(struct coil__backend *backend);

    /*
     * Begin `op`.  True: it is over already, `result` is set, over() is not
     * called.  False: over() will be called.
     */
    bool (*begin)(struct coil__backend *backend, struct coil_op *op);
    void (*cancel)(struct coil__backend *backend, struct coil_op *op);

    /*
     * Call over() for the operations that are over; if there are none wait for
     * one, for wake(), or until `deadline`.  A deadline that is past only
     * looks.  Returns 0, or -EDEADLK, at once, if it would wait for ever:
     * deadline COIL_NEVER, nothing pending that the world outside can end, and
     * backend->holds 0.  Another error, such as -EPERM, says that the kernel
     * refuses to wait; no operation is over then.
     */
    int (*wait)(struct coil__backend *backend, coil_time deadline);

    /*
     * Make wait() return: the one that waits, else the next.  From any thread
     * and from signal handlers.
     */
    void (*wake)(struct coil__backend *backend);

    /*
     * Sockets: not blocking, close-on-exec.  Each returns a descriptor or 0, or
     * a negative errno value.  All sockets come from socket() or ACCEPT and go
     * through close_socket(), which ends what is pending on them with -EBADF.
     */
    int (*socket)(struct coil__backend *backend, int family);
    int (*bind)(struct coil__backend *backend, int fd,
                const struct coil_address *address);        /* and listen */
    int (*shutdown)(struct coil__backend *backend, int fd); /* for writing */
    int (*local_address)(struct coil__backend *backend, int fd,
                         struct coil_address *address);
    int (*peer_address)(struct coil__backend *backend, int fd,
                        struct coil_address *address);
    bool (*is_stale)(struct coil__backend *backend,
                     int fd); /* readable, or ended */
    void (*close_socket)(struct coil__backend *backend, int fd);
};

/* The first member of each backend. */
struct coil__backend {
    const struct coil__backend_ops *ops;
    /*
     * Called by wait() when somebody else has closed `fd`, which is a mistake if
     * an operation waits for it, or if it is a socket of this backend.  The
     * operations are over with -EBADF.  NULL: nobody wants to know.
     */
    void (*lost)(struct coil__backend *backend, int fd);
    bool
        searches; /* each wait() looks for such descriptors, which takes time */
    size_t pending; /* operations begun and not over: kept by the backend */
    size_t holds;   /* other threads that may call wake(): kept by the loop */
    size_t sockets; /* open: kept by the backend */
    struct coil_hook *open; /* struct coil_open, the newest first */
};

#endif
