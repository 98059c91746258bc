/* SPDX-License-Identifier: MIT */
/*
 * redis/client.h - a client: the calls of all tasks, and their one connection
 *
 * A call is a record on the stack of the task that makes it.  It stands in one of
 * two queues: `queued` while nothing of it has been given to the stream, `sent`
 * until its last reply has come.  Calls in `sent` and replies have numbers, which
 * count from 0 on each connection: the n-th reply belongs to the call whose
 * numbers n is among.  A task that leaves a call that was sent takes its record
 * out, and a reply that belongs to no call is dropped.  So leaving needs no
 * memory.
 *
 * The driver, a task, connects while there are calls, and reads replies.  The
 * writer, another one, sends what is queued: it is woken by the first call of a
 * turn, and runs when all others of that turn have called.
 */
#ifndef COIL_REDIS_CLIENT_H
#define COIL_REDIS_CLIENT_H

#include <coil/event.h>
#include <coil/future.h>
#include <coil/handle.h>
#include <coil/redis.h>

#include "redis/backoff.h"
#include "redis/wire.h"

enum coil__redis_state {
    COIL__REDIS_NEW,
    COIL__REDIS_QUEUED,
    COIL__REDIS_SENT,
    COIL__REDIS_OVER,
};

struct coil__redis_call {
    struct coil_link link; /* first; of the queue that `state` names */
    enum coil__redis_state state;
    const void *bytes; /* kept until it is over */
    size_t size;
    size_t replies; /* how many will come */
    bool may_repeat;
    bool is_opening;                /* it waits for a connection alone */
    struct coil_redis_reply *array; /* gets the replies; NULL: there is one */
    /* From here on zeroed. */
    struct coil_redis_reply *reply; /* the one */
    bool was_sent;                  /* on this connection or before */
    uint64_t first;                 /* the number of its first reply */
    size_t taken;
    coil_time since; /* when it began to wait for a connection */
    int error;       /* once it is over */
    /*
     * Who makes the call awaits it.  It is cancelled with the task, at once, so
     * that the writer sees what need not be sent any more.
     */
    struct coil_future over;
};

struct coil_redis {
    struct coil__redis_target target;
    struct coil__redis_backoff backoff;
    coil_time patience;
    coil_time silence;
    struct coil_loop *loop;
    struct coil_list queued;
    struct coil_list sent;
    struct coil__redis_wire wire;
    bool is_up;
    bool is_closing;
    int broken; /* why another than the driver has broken the wire */
    uint64_t
        asked; /* replies of this connection: how many are to come in all, */
    uint64_t heard; /* and how many have */
    uint64_t connections;
    struct coil_event wanted;   /* the driver waits for calls */
    struct coil_event to_write; /* so does the writer */
    struct coil_buffer out;
    struct coil_task *driver;
    struct coil_task *writer;
    /* PING: */
    struct coil_handle tick;
    struct coil__redis_call ping;
    unsigned quiet;
    size_t unsent;
    /* Connections of commands that wait; struct coil__redis_lane. */
    struct coil_list idle;
    struct coil_list busy;
    size_t idle_count;
    unsigned references; /* the client's own, and of who uses its target */
};

/*
 * Make the call and wait for its end.  Returns what coil_redis_command() returns,
 * but for errors that were replied.
 */
int coil__redis_call(struct coil_redis *redis, struct coil__redis_call *call)
    COIL_SUSPENDS;

/* The two tasks. */
int coil__redis_drive(void *redis);
int coil__redis_write(void *redis);

/* End all calls of a client that is being closed, and break its connection. */
void coil__redis_stop(struct coil_redis *redis);

/* The last reference frees the client. */
void coil__redis_release(struct coil_redis *redis);

#endif
