/* SPDX-License-Identifier: MIT */
/*
 * backend/simulator.h - what the files of the simulator share
 */
#ifndef COIL_BACKEND_SIMULATOR_H
#define COIL_BACKEND_SIMULATOR_H

#include "base/buffer.h"
#include "backend/backend.h"
#include "backend/op_queue.h"
#include "backend/wakeup.h"

enum sim_direction {
    SIM_DIRECTION_IN,  /* READ, ACCEPT */
    SIM_DIRECTION_OUT, /* WRITE, CONNECT */
    SIM_DIRECTIONS,
};

enum sim_state {
    SIM_STATE_FRESH,
    SIM_STATE_LISTENING,
    SIM_STATE_CONNECTED, /* was, at least */
};

/*
 * A socket is in the table, or in the backlog of a listener until somebody
 * accepts it.  Of two connected sockets each points at the other; the one that
 * is left when its peer closes has none.
 */
struct sim_socket {
    struct coil_op_queue queue[SIM_DIRECTIONS];
    struct sim_socket *next_active;
    struct sim_socket *previous_active;
    struct sim_socket *next; /* in a backlog, or of the listeners */
    struct sim_socket *peer;
    struct sim_socket *backlog; /* listening: connections, oldest first */
    size_t backlog_size;
    struct coil_buffer received; /* not yet read; at most SIM_PIPE_SIZE */
    struct coil_address local;
    struct coil_address remote;
    int fd; /* -1 in a backlog */
    enum sim_state state;
    int error; /* told once, to the next operation; positive */
    bool active;
    bool closing;
    bool shut;   /* no more is written here */
    bool ended;  /* no more comes */
    bool broken; /* neither */
};

/*
 * A socket that may be able to end an operation is active.  Seed 0 delivers in
 * the order in which sockets became active; other seeds choose.
 */
struct sim_backend {
    struct coil_poll poll;
    uint64_t seed;
    uint64_t random;
    coil_time now;
    struct coil_wakeup wakeup;
    struct sim_socket *active;
    struct sim_socket *last_active;
    size_t active_count;
    struct sim_socket *listeners;
    struct sim_socket **table; /* by descriptor - SIM_FIRST_FD */
    size_t capacity;
    size_t lowest_free; /* below it all are in use */
    unsigned next_port;
    size_t calls;
    size_t fail_at; /* the call that fails, counted from 1; 0: none */
    int fail_error;
    struct coil_op *failing; /* it is that call, and pends */
};

#define SIM_FIRST_FD 1000000
#define SIM_PIPE_SIZE ((size_t)65536)
#define SIM_BACKLOG 128

/* One time in `n`, but never with seed 0. */
bool coil__sim_chance(struct sim_backend *sim, unsigned n);

/* `size`, or with a seed perhaps something between 1 and it. */
size_t coil__sim_cut(struct sim_backend *sim, size_t size);

/* ---- sim_active.c ---- */

/* What pends on `socket` may have become possible. */
void coil__sim_activate(struct sim_backend *sim, struct sim_socket *socket);
void coil__sim_deactivate(struct sim_backend *sim, struct sim_socket *socket);

/* ---- sim_network.c ---- */

/* NULL if `fd` is none. */
struct sim_socket *coil__sim_find(const struct sim_backend *sim, int fd);

/* Do what `op` asks, or return -EAGAIN. */
ptrdiff_t coil__sim_attempt(struct sim_backend *sim, struct sim_socket *socket,
                            const struct coil_op *op);

/* As the functions of struct coil_poll_ops. */
int coil__sim_socket(struct sim_backend *sim, int family);
int coil__sim_bind(struct sim_backend *sim, int fd,
                   const struct coil_address *address);
int coil__sim_shutdown(struct sim_backend *sim, int fd);

/* Close a socket on which nothing pends any more. */
void coil__sim_close(struct sim_backend *sim, struct sim_socket *socket);

/* Free all there is.  Nothing pends. */
void coil__sim_free_network(struct sim_backend *sim);

/* ---- sim_address.c ---- */

bool coil__sim_address_valid(const struct coil_address *address, int family);
unsigned coil__sim_port(const struct coil_address *address);
void coil__sim_set_port(struct coil_address *address, unsigned port);

/* Turn "all addresses" into the loopback address. */
void coil__sim_make_specific(struct coil_address *address);

/* Whether one may not listen on both; `b` may also be where one connects to. */
bool coil__sim_overlap(const struct coil_address *a,
                       const struct coil_address *b);

#endif
