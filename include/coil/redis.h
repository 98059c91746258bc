/* SPDX-License-Identifier: MIT */
/*
 * coil/redis.h - commands to a Redis server
 *
 *     struct coil_redis *redis;
 *     struct coil_redis_reply *reply;
 *
 *     rc = coil_redis_open(&redis, "redis://localhost", NULL);
 *     if (rc < 0)
 *         return rc;
 *     rc = coil_redis_command(redis, &reply, "INCRBY %s %d", "visits", 2);
 *     if (rc == 0)
 *         printf("%lld\n", (long long)reply->integer);
 *     coil_redis_reply_free(reply);
 *     coil_redis_close(redis);
 *
 * Any number of tasks share a client.  One connection carries the commands of
 * all of them: what tasks ask for in one turn of the loop is sent together, and
 * nobody waits for the answer to another's command before his own is sent.  A
 * task that has many commands of its own gives them to coil_redis_pipeline().
 * What waits in the server, and what is told without being asked, has
 * connections of its own: coil_redis_block(), coil_redis_subscribe().
 *
 * Servers  Redis 6 or later, Valkey; redis:// also speaks to older ones, without
 *          user names.  The protocol is RESP2.
 * Not yet  Sentinel, and the redirections of a cluster: COIL_EREDIS_MOVED and
 *          COIL_EREDIS_ASK are returned.  RESP3, and with it client-side caching.
 *          WAIT for replicas.
 * Unknown  Over a network there is a third outcome.  -ECANCELED means that
 *          nothing of the command was sent.  If the task is cancelled, or its
 *          time is up, or the connection breaks while the command is sent and
 *          not answered, the call returns COIL_EUNKNOWN: the server may or may
 *          not have carried it out.  If a cancellation or a timeout was the
 *          reason, the next suspending call reports that, and
 *          coil_timeout_end() returns COIL_EUNKNOWN.  A command that may be
 *          carried out twice is given COIL_REDIS_AGAIN: after a broken connection
 *          it is sent again until it is answered, or until a cancellation or a
 *          timeout ends the call, with COIL_EUNKNOWN.
 * Breaks   A connection that breaks is made anew when there is something to send,
 *          after a pause that doubles from 50 ms to 5 s, of which up to a half is
 *          left out at random.  What was not sent waits for it, `patience` long.
 *          The password, the name and the number of the database are told again.
 *          A connection on which nothing comes for `silence` is asked by PING; if
 *          nothing comes for as long again, it is broken: -ETIMEDOUT.
 * Time     There is no limit of time for a command but the scope's around it
 *          (coil/timeout.h) and those above.
 * Order    Commands of one task are carried out in the order of its calls.  So
 *          are those of several tasks, in the order in which they called, as long
 *          as the connection holds.
 * Memory   A reply is limited (max_reply).  With hiredis before 1.0 a process
 *          whose memory is used up while a text is formatted is ended by hiredis;
 *          coil_redis_command_argv() returns -ENOMEM instead.
 * Threads  A client belongs to the loop in which it was opened, and must be
 *          closed before that is.
 * Deadlock A connection waits for its server.  So a loop with an open one waits as
 *          well when nothing else can wake it, and does not report -EDEADLK.
 * Link     libcoil-redis (coil-redis.pc, coil::redis).  It is there if the library
 *          was built with hiredis, of which it uses the parser and the formatter.
 * asyncio  redis-py's redis.asyncio; ioredis for the one connection.
 */
#ifndef COIL_REDIS_H
#define COIL_REDIS_H

#include <stdarg.h>

#include <coil/base.h>
#include <coil/time.h>

#ifdef __cplusplus
extern "C" {
#endif

struct coil_redis;
struct coil_tls_context;

/* ---- replies ---------------------------------------------------------- */

enum coil_redis_type {
    COIL_REDIS_NIL,
    COIL_REDIS_STATUS, /* "OK" */
    COIL_REDIS_ERROR,  /* "WRONGTYPE Operation against a key …" */
    COIL_REDIS_INTEGER,
    COIL_REDIS_STRING,
    COIL_REDIS_ARRAY,
};

/* What a server has answered: a tree, of which the root is freed. */
struct coil_redis_reply {
    enum coil_redis_type type;
    int error;       /* of ERROR: its code, COIL_EREDIS_…; else 0 */
    int64_t integer; /* of INTEGER */
    char *text;   /* of STATUS, ERROR, STRING, with a NUL behind it; or NULL */
    size_t size;  /* of the text, without the NUL; a STRING may have others */
    size_t count; /* of ARRAY */
    struct coil_redis_reply **elements;
};

/* Free a reply with all that it holds; NULL is allowed. */
COIL_API void coil_redis_reply_free(struct coil_redis_reply *reply);

/* Whether it is a STATUS or a STRING with this text; NULL is not. */
COIL_API bool coil_redis_reply_is(const struct coil_redis_reply *reply,
                                  const char *text);

/* ---- a client --------------------------------------------------------- */

/* How to make a client.  Zeroed is the default of everything. */
struct coil_redis_options {
    /* Told to the server by CLIENT SETNAME; copied; NULL: nothing is told. */
    const char *name;
    /* Instead of those of the URL; copied.  `user` NULL: "default". */
    const char *user;
    const char *password;
    /* Do not connect in coil_redis_open(), but when there is a command. */
    bool lazy;
    /* How long it may take to connect, TLS and the password included; 0: 10 s. */
    coil_time connect_limit;
    /*
     * How long a command that was not sent waits for a connection before it
     * fails with what the attempts have failed with; 0: 10 s; COIL_NEVER.  It
     * ends with the first attempt that fails after that time.
     */
    coil_time patience;
    /* See "Breaks" above; 0: 15 s; COIL_NEVER: no PING is sent. */
    coil_time silence;
    /* The pauses; 0: 50 ms and 5 s. */
    coil_time first_delay;
    coil_time max_delay;
    /* How much memory one reply may take; 0: 512 MiB. */
    size_t max_reply;
    /* rediss: whom to trust; kept until the client is closed; NULL: the default. */
    struct coil_tls_context *tls;
    void *reserved[4]; /* zero */
};

/*
 * Make a client, and connect.  `url` is
 *
 *     redis://[[user][:password]@]host[:port][/db]     port 6379, db 0
 *     rediss://…                                       the same over TLS
 *     unix://[[user][:password]@]/path[?db=N]          as coil_unix_connect()
 *
 * with %XX for what is special in it.  `options` may be NULL.  `*out` is
 * returned: release it with coil_redis_close().
 *
 * Returns 0, else, with nothing left open:
 *   -ECANCELED            cancelled
 *   COIL_EREDIS_BAD_URL   it is no such URL
 *   COIL_EREDIS_NO_TLS, COIL_ETLS_NO_LIBRARY  there is no TLS for rediss
 *   -EINVAL               a name with spaces, or a negative time
 *   COIL_EREDIS_NOAUTH, COIL_EREDIS_WRONGPASS, COIL_EREDIS …  the server refuses;
 *                         a server that is loading is waited for, `patience` long
 *   -ECONNREFUSED, -ENOENT, -ETIMEDOUT …  coil_tcp_connect(),
 *                         coil_unix_connect() or coil_tls_start_client() has
 *                         failed, or it took longer than connect_limit
 *   -ENOMEM; -ENOTSUP: not in a task of a loop
 * With `lazy` it does not wait, and the later ones are returned by commands.
 */
COIL_API int coil_redis_open(struct coil_redis **out, const char *url,
                             const struct coil_redis_options *options)
    COIL_SUSPENDS;

/*
 * Close the connections and free the client; NULL is allowed.  Calls of other
 * tasks that wait for it end: with -EPIPE if nothing was sent, else with
 * COIL_EUNKNOWN.  Subscriptions go on until coil_redis_unsubscribe().
 *
 * Returns 0, or -ECANCELED: the client is gone, too.
 */
COIL_API int coil_redis_close(struct coil_redis *redis) COIL_SUSPENDS;

/* How many connections the client has made so far, and whether one is open. */
COIL_API uint64_t coil_redis_connections(const struct coil_redis *redis);
COIL_API bool coil_redis_is_connected(const struct coil_redis *redis);

/* ---- commands --------------------------------------------------------- */

enum coil_redis_flags {
    COIL_REDIS_ONCE = 0,  /* sent once at most */
    COIL_REDIS_AGAIN = 1, /* may be carried out twice; see "Unknown" above */
};

/*
 * Send a command and wait for its answer.  Words of `format` are separated by
 * spaces, and what is put in for a conversion stays within its word:
 *
 *     %s  a text            %b  bytes: a const void * and a size_t
 *     %d %i %u %x %lld …    numbers, as printf() has them, and %%
 *
 * `*reply`, if `reply` is not NULL, is set whatever is returned: to what the
 * server has answered, an error too, or to NULL.  Release it with
 * coil_redis_reply_free().
 *
 * Returns 0, else
 *   COIL_EREDIS…   the server has answered with an error; its text is in the reply
 *   -ECANCELED     cancelled, and nothing was sent
 *   COIL_EUNKNOWN  sent, and not answered: see above
 *   -ECONNREFUSED, COIL_EREDIS_WRONGPASS …  there is no connection: nothing was
 *                  sent.  What coil_redis_open() returns
 *   COIL_EREDIS_TOO_LARGE, COIL_EREDIS_MALFORMED  the answer is beyond the limit,
 *                  or is none: the command was carried out, and the connection is
 *                  made anew
 *   -EINVAL        a bad format, or an empty command
 *   -EMSGSIZE      a command of more than 1 GiB
 *   -EPERM         such a command would disturb others on the connection, and was
 *                  not sent: one that waits (BLPOP …: coil_redis_block()), that
 *                  belongs to a transaction (coil_redis_transaction()), to
 *                  publish/subscribe (coil_redis_subscribe()), or that changes the
 *                  connection (SELECT, AUTH, HELLO, QUIT, CLIENT REPLY …)
 *   -EPIPE         the client was closed, and nothing was sent
 *   -ENOMEM        nothing was sent
 *   -ENOTSUP       not in a task of the loop
 */
COIL_API int coil_redis_command(struct coil_redis *redis,
                                struct coil_redis_reply **reply,
                                const char *format, ...) COIL_SUSPENDS;

/* The same with COIL_REDIS_AGAIN, for a command that may be carried out twice. */
COIL_API int coil_redis_command_again(struct coil_redis *redis,
                                      struct coil_redis_reply **reply,
                                      const char *format, ...) COIL_SUSPENDS;

/* The same with flags, and with the arguments in a list. */
COIL_API int coil_redis_vcommand(struct coil_redis *redis,
                                 struct coil_redis_reply **reply,
                                 unsigned flags, const char *format, va_list ap)
    COIL_SUSPENDS;

/*
 * The same with `argc` words; `sizes` NULL: they are texts.  Nothing is
 * formatted, and a word may hold any bytes.
 */
COIL_API int coil_redis_command_argv(struct coil_redis *redis,
                                     struct coil_redis_reply **reply,
                                     unsigned flags, int argc,
                                     const char *const *argv,
                                     const size_t *sizes) COIL_SUSPENDS;

/* ---- many commands ---------------------------------------------------- */

/*
 * Commands that are sent together: caller's memory, zeroed; the fields are
 * private.
 */
struct coil_redis_commands {
    unsigned char *bytes;
    size_t size;
    size_t capacity;
    size_t count;
    int error; /* the first one of adding */
};

#define COIL_REDIS_COMMANDS_INIT                                               \
    {                                                                          \
        NULL, 0, 0, 0, 0                                                       \
    }

/*
 * Add a command; `format` is that of coil_redis_command().  Returns 0, or
 * -EINVAL, -EMSGSIZE, -EPERM, -ENOMEM as there, with nothing added.  An error is
 * kept: the call that sends the commands returns it, and sends nothing.
 */
COIL_API int coil_redis_add(struct coil_redis_commands *commands,
                            const char *format, ...);
COIL_API int coil_redis_add_argv(struct coil_redis_commands *commands, int argc,
                                 const char *const *argv, const size_t *sizes);

/* Drop all commands, and free the memory. */
COIL_API void coil_redis_commands_fini(struct coil_redis_commands *commands);

/*
 * Send the commands in one piece, without waiting in between, and wait for all
 * answers.  `*reply` is an array with one element for each command, in their
 * order, errors included.  `commands` is borrowed, and stays as it is.
 *
 * Returns 0, also if there are errors among the answers; else as
 * coil_redis_command().  After COIL_EUNKNOWN any of them may have been carried
 * out; with COIL_REDIS_AGAIN all of them are sent again.
 */
COIL_API int
coil_redis_pipeline(struct coil_redis *redis, struct coil_redis_reply **reply,
                    unsigned flags, const struct coil_redis_commands *commands)
    COIL_SUSPENDS;

/*
 * The same as a transaction: between MULTI and EXEC.  The server carries out all
 * of them, and nothing else in between, or none.  `*reply` is the array of the
 * results; there may be errors of single commands in it, which undo nothing.
 *
 * Returns 0, else as coil_redis_command(), and
 *   COIL_EREDIS_ABORTED  the server has refused one of them: nothing was done.
 *                        The reply is its first error.
 */
COIL_API int coil_redis_transaction(struct coil_redis *redis,
                                    struct coil_redis_reply **reply,
                                    unsigned flags,
                                    const struct coil_redis_commands *commands)
    COIL_SUSPENDS;

/* ---- scripts ---------------------------------------------------------- */

/*
 * A script in Lua: caller's memory, kept as long as it is used.  Any number of
 * tasks, clients and loops of one thread may share it.
 */
struct coil_redis_script {
    const char *source; /* kept */
    char sha[41];       /* from here on private */
};

#define COIL_REDIS_SCRIPT_INIT(source)                                         \
    {                                                                          \
        (source),                                                              \
        {                                                                      \
            0                                                                  \
        }                                                                      \
    }

/*
 * Run a script.  `format` says how many keys there are, the keys, and the other
 * arguments: "2 %s %s %d".  The server is sent the name of the script (EVALSHA); if
 * it does not know the script, the source (EVAL).
 *
 * Returns as coil_redis_command(); an error that the script has raised is
 * COIL_EREDIS, or has the code of what it begins with.
 */
COIL_API int coil_redis_eval(struct coil_redis *redis,
                             struct coil_redis_reply **reply, unsigned flags,
                             struct coil_redis_script *script,
                             const char *format, ...) COIL_SUSPENDS;
COIL_API int
coil_redis_eval_argv(struct coil_redis *redis, struct coil_redis_reply **reply,
                     unsigned flags, struct coil_redis_script *script, int argc,
                     const char *const *argv, const size_t *sizes)
    COIL_SUSPENDS;

/* ---- commands that wait in the server --------------------------------- */

/*
 * As coil_redis_command(), on a connection that no other call has meanwhile: for
 * BLPOP, BLMOVE, BZPOPMIN, XREAD with BLOCK and the like.  Connections are kept
 * for later calls, four at most.  While the server waits, the connection is not
 * asked by PING; TCP finds out that the other machine is gone.
 *
 * Returns as coil_redis_command(); no attempt to connect is repeated.  If the call
 * is cancelled while it waits, the connection is closed, and the result is
 * COIL_EUNKNOWN: the server may have taken an item for it.  Where no item may be
 * lost, let the server move it (BLMOVE) and look there.
 */
COIL_API int coil_redis_block(struct coil_redis *redis,
                              struct coil_redis_reply **reply,
                              const char *format, ...) COIL_SUSPENDS;

/* ---- publish/subscribe ------------------------------------------------ */

struct coil_redis_subscription;

/* A message: the text is that of `reply`, which the reader frees. */
struct coil_redis_message {
    const char *channel;
    const char *pattern; /* that fits the channel; NULL: a channel was named */
    const char *text;
    size_t size;
    struct coil_redis_reply *reply;
};

/* What to listen to: names, and patterns as of PSUBSCRIBE; ended by NULL. */
struct coil_redis_topics {
    const char *const *channels; /* copied; or NULL */
    const char *const *patterns;
};

/*
 * Listen to channels, on a connection of its own, and wait until the server has
 * confirmed it.  `*out` is returned: release it with coil_redis_unsubscribe(),
 * before or after the client.
 *
 * Returns 0, else, with nothing left open: as coil_redis_open(); -EINVAL: no
 * channel and no pattern; COIL_EREDIS_NOPERM …: the server refuses.
 */
COIL_API int coil_redis_subscribe(struct coil_redis_subscription **out,
                                  struct coil_redis *redis,
                                  const struct coil_redis_topics *topics)
    COIL_SUSPENDS;

/*
 * Wait for the next message.  It is released with
 * coil_redis_reply_free(message->reply).  One task at a time may wait.
 *
 * Returns 0, else, with no message:
 *   -ECANCELED   no message is lost
 *   -EBUSY       another task waits
 *   -EPIPE, -ECONNRESET, -ETIMEDOUT …  the connection is broken: messages may
 *                be lost.  The next call connects and subscribes anew, after the
 *                same pauses as the client; call it until it succeeds
 *   COIL_EREDIS…, -ENOMEM  as coil_redis_subscribe(); also to be called again
 */
COIL_API int
coil_redis_subscription_next(struct coil_redis_subscription *subscription,
                             struct coil_redis_message *message) COIL_SUSPENDS;

/*
 * Close the connection and free the subscription; NULL is allowed.  Nobody may
 * wait for it.
 */
COIL_API void
coil_redis_unsubscribe(struct coil_redis_subscription *subscription);

#ifdef __cplusplus
}
#endif

#endif
