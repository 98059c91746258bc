/* SPDX-License-Identifier: MIT */
/*
 * redis_fake.h - a Redis server in a task, which a test can let fail
 *
 *     struct redis_fake fake;
 *
 *     redis_fake_start(&fake);
 *     rc = coil_redis_open(&redis, fake.url, NULL);
 *     ...
 *     redis_fake_end(&fake);
 *
 * It knows PING, AUTH, SELECT, CLIENT, SET, GET and INCR of one key, ECHO, FAIL,
 * MULTI and EXEC, SCRIPT LOAD, EVAL and EVALSHA of one script that does INCR, BLPOP
 * of one list, PUSH to it, SUBSCRIBE, PSUBSCRIBE and PUBLISH to all who listen.
 */
#ifndef COIL_TESTS_REDIS_FAKE_H
#define COIL_TESTS_REDIS_FAKE_H

#include <coil/event.h>
#include <coil/listener.h>
#include <coil/stream.h>
#include <coil/task.h>

enum { REDIS_FAKE_LISTENERS = 4 };

struct redis_fake {
    /* To be set by the test, at any time. */
    bool is_slow;         /* replies come byte by byte, in turns of their own */
    bool is_silent;       /* no reply is sent */
    bool is_deaf;         /* nothing is read but what begins a connection */
    bool is_held;         /* none is sent until redis_fake_release() */
    const char *password; /* of all users; NULL: none is needed */
    unsigned loading;     /* so many PINGs are answered with LOADING */
    const char *raw;      /* the answer to all but what begins a connection */
    size_t raw_size;      /* 0: as a text */
    /*
     * The connection ends at the n-th command from now, 1 being the next one that
     * does not begin a connection: before it is carried out, or after that and
     * before the answer, of which `cut_bytes` are sent.
     */
    size_t cut_before;
    size_t cut_after;
    size_t cut_bytes;
    bool forgets_scripts;
    int (*greet)(struct coil_stream *stream); /* as TLS begins; NULL: nothing */
    /* What happened. */
    size_t connections;
    size_t open;     /* of them */
    size_t commands; /* carried out, but for those that begin a connection */
    long value;
    char text[256];
    char said[1024]; /* what connections began with */
    /* The rest is its own. */
    struct coil_listener *listener;
    struct coil_task *task;
    struct coil_stream *subscribers[REDIS_FAKE_LISTENERS];
    struct coil_event pushed;
    struct coil_event released;
    unsigned items;
    bool is_script_known;
    char url[64];
};

/* On a free port.  The second returns an error rather than fail the test. */
void redis_fake_start(struct redis_fake *fake);
int redis_fake_try_start(struct redis_fake *fake);
void redis_fake_end(struct redis_fake *fake);

/* Let the replies go that are held. */
void redis_fake_release(struct redis_fake *fake);

/* Stop listening, with all connections cut; and listen on the same port again. */
void redis_fake_stop(struct redis_fake *fake);
void redis_fake_restart(struct redis_fake *fake);

#endif
