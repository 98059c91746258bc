/* SPDX-License-Identifier: MIT */
/*
 * backend/backend.h - all that coil knows of the outside world
 *
 * Clock, random numbers, sockets and waiting go through one table of functions,
 * so one program runs on the kernel and on the simulator.  Nothing above calls
 * clock_gettime(), recv() or epoll_wait().
 *
 * The table is about operations that complete.  If begin() returns false, the
 * operation belongs to the backend until over() is called, exactly once.  Until
 * then its memory and every buffer that it names must stay alive and unchanged.
 * cancel() only asks: the operation is over when over() says so, with
 * -ECANCELED or with what came first.  A backend may call over() within
 * cancel(), as epoll does, or later, as a kernel that works on its own would.
 * For a READY operation, which has no buffer, cancel() always calls it.
 *
 * over() is called on the loop's thread, by cancel(), wait(), close_socket() and
 * give_up() only, never by begin(), and on their stack.  It may call every function of
 * the table but wait() and close().
 */
#ifndef COIL_BACKEND_BACKEND_H
#define COIL_BACKEND_BACKEND_H

#include <stdbool.h>
#include <stdint.h>

#include <coil/run.h>
#include <coil/time.h>

#include "backend/op.h"

struct ucred;
struct coil__backend;

/* The name of a Unix socket in the file system. */
struct coil_unix_file {
    int mode;       /* permissions; -1: what the umask leaves */
    bool replaces;  /* another socket that has the name */
    bool listens;   /* for connections */
    bool stays;     /* the file is not to be removed */
    bool is_there;  /* set by bind_unix(): there is a file to remove */
    uint64_t inode; /* which file it is */
    uint64_t device;
};

/* What comes to a loop beside operations: see arrived(). */
enum coil__arrival {
    COIL__ARRIVAL_CALL,    /* enum coil__caller */
    COIL__ARRIVAL_LETTER,  /* 1 and its number; 0: no more */
    COIL__ARRIVAL_JOB,     /* how it was begun, or cancelled: threads/call.c */
    COIL__ARRIVAL_STOP,    /* coil_loop_stop_threadsafe() */
    COIL__ARRIVAL_SIGNAL,  /* SIGINT or SIGTERM, or 0 */
    COIL__ARRIVAL_HANDLED, /* signals that are handled: bit N - 1 is that of N */
    COIL__ARRIVAL_MORE,    /* whether a signal has come once more */
};

/* Who has called coil_loop_call_soon_threadsafe(). */
enum coil__caller {
    COIL__CALLER_NONE,
    COIL__CALLER_MAILBOX,
    COIL__CALLER_OTHER
};

/* What is done about multicast. */
enum coil_multicast { COIL_MULTICAST_JOIN, COIL_MULTICAST_LEAVE };

struct coil__backend_ops {
    const char *name;
    enum coil_backend kind;

    /* Free the backend.  No operation is pending. */
    void (*close)(struct coil__backend *backend);

    /*
     * In a child of fork(): release all that is shared with the parent.  After
     * that no operation will be over; cancel(), wake() and close() may be
     * called.  Safe in a signal handler.  NULL: nothing is shared.
     */
    void (*forked)(struct coil__backend *backend);

    /*
     * The thread stops running the loop.  Another one may run it next.  NULL:
     * that makes no difference.
     */
    void (*leave)(struct coil__backend *backend);

    /*
     * A descriptor that becomes readable when wait() has something to do other
     * than its deadline.  NULL: there is none.
     */
    int (*descriptor)(struct coil__backend *backend);

    coil_time (*now)(struct coil__backend *backend);
    /* The clock's last tick, which is quicker to read.  NULL: now() is. */
    coil_time (*ticked)(struct coil__backend *backend);
    uint64_t (*random)(struct coil__backend *backend);

    /*
     * Begin `op`.  True: it is over already, with `result`, and over() is not
     * called.  False: over() will be called.
     */
    bool (*begin)(struct coil__backend *backend, struct coil_op *op);
    void (*cancel)(struct coil__backend *backend, struct coil_op *op);

    /*
     * Call over() for the operations that are over.  If there are none, wait
     * for one, for wake(), or until `deadline`.  If the deadline is past, only
     * look.
     *
     * Returns 0.  Returns -EDEADLK, without waiting, if the wait would last for
     * ever: `deadline` is COIL_NEVER, nothing is pending that the outside world
     * can end, and backend->holds is 0.  Another error, such as -EPERM: the
     * kernel refuses to wait; then no operation is over.
     */
    int (*wait)(struct coil__backend *backend, coil_time deadline);

    /*
     * Make wait() return: the one that waits now, else the next one.  May be
     * called in any thread and in signal handlers.
     */
    void (*wake)(struct coil__backend *backend);

    /*
     * Sockets do not block, and are closed on exec.  Each function returns a
     * descriptor, 0, or a negative errno value.  Every socket comes from
     * socket() or ACCEPT and is closed by close_socket(), which ends its
     * pending operations with -EBADF.
     */
    int (*socket)(struct coil__backend *backend, int family, int type);
    int (*bind)(struct coil__backend *backend, int fd,
                const struct coil_address *address); /* and listen */
    /* An option with an int, as by setsockopt(), before bind or CONNECT. */
    int (*set_option)(struct coil__backend *backend, int fd, int level,
                      int name, int value);
    /* The address to CONNECT from; its port may be 0. */
    int (*bind_local)(struct coil__backend *backend, int fd,
                      const struct coil_address *address);
    /* As bind(), for a socket of datagrams, without listening. */
    int (*bind_datagrams)(struct coil__backend *backend, int fd,
                          const struct coil_address *address);
    /*
     * As bind(), for a Unix socket.  If a file was made, unbind_unix() removes
     * it, unless another has taken its place.
     */
    int (*bind_unix)(struct coil__backend *backend, int fd,
                     const struct coil_address *address,
                     struct coil_unix_file *file);
    void (*unbind_unix)(struct coil__backend *backend, int fd,
                        struct coil_unix_file *file);
    /* Join or leave a group, on an interface; 0: the kernel chooses. */
    int (*multicast)(struct coil__backend *backend, int fd,
                     const struct coil_address *group, unsigned interface,
                     enum coil_multicast what);
    /* Who has made the connected Unix socket at the other end. */
    int (*credentials)(struct coil__backend *backend, int fd,
                       struct ucred *credentials);
    /*
     * Take sockets from elsewhere that listen, as if they were of socket() and
     * bind(): 0, or an error, and all are still the caller's.
     */
    int (*adopt)(struct coil__backend *backend, const int *fds, size_t count);
    /*
     * Take a descriptor from elsewhere, for READ_FD, PEEK_FD and WRITE_FD, or a
     * socket that another backend has given up, as if it were of socket().
     * NULL: there are none.
     */
    void (*adopt_fd)(struct coil__backend *backend, int fd);
    int (*shutdown)(struct coil__backend *backend, int fd); /* for writing */
    int (*local_address)(struct coil__backend *backend, int fd,
                         struct coil_address *address);
    int (*peer_address)(struct coil__backend *backend, int fd,
                        struct coil_address *address);
    /* Receive, or return -EAGAIN.  No READ or PEEK of `fd` pends. */
    ptrdiff_t (*read_now)(struct coil__backend *backend, int fd, void *data,
                          size_t size);
    bool (*is_stale)(struct coil__backend *backend,
                     int fd); /* readable, or ended */
    void (*close_socket)(struct coil__backend *backend, int fd);
    /*
     * The socket `fd` stays open, and this backend has it no longer.  Its
     * operations end within the call with -ECANCELED: they did not happen; there
     * is no READ among them.  Another backend of the kernel may take the socket
     * with adopt_fd().  The simulator keeps it, for itself.
     */
    void (*give_up)(struct coil__backend *backend, int fd);

    /*
     * NULL, but where histories are recorded and replayed.  The loop says what has
     * arrived by other ways than this table: `there`.  It is told how much of that it
     * takes, which a replayer knows; it may have to wait until as much is there.
     */
    uint64_t (*arrived)(struct coil__backend *backend, enum coil__arrival what,
                        uint64_t there);
    /* The same for bytes of the program's own. */
    void (*remember)(struct coil__backend *backend, void *data, size_t size);
    /*
     * NULL, but where a history is replayed: wait until another thread calls wake(),
     * if none has since the last time.  The history says that one does.
     */
    void (*await_wake)(struct coil__backend *backend);
};

/* The first member of each backend. */
struct coil__backend {
    const struct coil__backend_ops *ops;
    /*
     * Called by wait() when somebody else has closed `fd`.  That is a mistake
     * if an operation waits for `fd`, or if it is a socket of this backend.
     * The operations are over with -EBADF.  NULL: nothing is reported.
     */
    void (*lost)(struct coil__backend *backend, int fd);
    bool
        searches; /* each wait() looks for such descriptors, which takes time */
    size_t pending; /* operations begun and not over: kept by the backend */
    size_t holds;   /* other threads that may call wake(): kept by the loop */
    size_t sockets; /* open: kept by the backend */
    struct coil_hook *open; /* struct coil_open, the newest first */
    struct coil__backend
        *front; /* whoever passes calls on to this one, or NULL */
};

/* What arrived() says; without a history, all that is there. */
static inline uint64_t coil__backend_arrived(struct coil__backend *backend,
                                             enum coil__arrival what,
                                             uint64_t there)
{
    return backend->ops->arrived ? backend->ops->arrived(backend, what, there)
                                 : there;
}

/*
 * Whether it replays a history.  Then threads do their jobs when the history says
 * that these were over.
 */
static inline bool coil__backend_replays(const struct coil__backend *backend)
{
    return backend->ops->await_wake;
}

/* Whether it is the simulator, which has no kernel. */
static inline bool
coil__backend_is_simulated(const struct coil__backend *backend)
{
    return backend->ops->kind == COIL_BACKEND_SIMULATOR;
}

#endif
