/* SPDX-License-Identifier: MIT */
/*
 * Each question has a channel of c-ares of its own, in the task in which the
 * source runs.  While the task waits, handlers of the loop tell the channel
 * which of its sockets are ready; the task itself tells it that time has passed.
 * When the question is answered or cancelled, the channel is destroyed, and its
 * sockets and handlers with it.
 */
#include <coil/cares.h>

#include <ares.h>
#include <netdb.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <coil/error.h>
#include <coil/event.h>
#include <coil/loop.h>
#include <coil/reader.h>
#include <coil/timeout.h>

#include "cares/system_conf.h"

/* A channel has a socket for each server, and for TCP another one. */
enum { SOCKETS_MAX = 16 };

struct query;

/* One socket of a channel. */
struct watched {
    struct query *query;
    ares_socket_t fd;
    bool is_read; /* there is a handler */
    bool is_written;
    struct coil_fd_handler reader;
    struct coil_fd_handler writer;
};

struct query {
    ares_channel channel;
    struct coil_loop *loop;
    struct coil_lookup *lookup;
    const char *servers;       /* NULL: those of the system */
    struct coil_event changed; /* set by whatever may have ended it */
    bool is_over;
    int error; /* of the answer, or of this process */
    struct watched sockets[SOCKETS_MAX];
};

/* ---- what c-ares says ----------------------------------------------------- */

/*
 * -EMFILE, -ENFILE … if no descriptor can be opened.  c-ares, which could not
 * open its files or sockets, does not say why.
 */
static int lack_or(int error)
{
    int fd = eventfd(0, EFD_CLOEXEC);

    if (fd < 0)
        return -errno;
    close(fd);
    return error;
}

static int error_of(int status)
{
    switch (status) {
    case ARES_SUCCESS:
        return 0;
    case ARES_ENODATA:
        return COIL_ERESOLVE(EAI_NODATA);
    case ARES_ENOTFOUND:
    case ARES_EBADNAME:
        return COIL_ERESOLVE(EAI_NONAME);
    case ARES_ETIMEOUT:
    case ARES_ESERVFAIL:
        return COIL_ERESOLVE(EAI_AGAIN);
    case ARES_ECONNREFUSED:
        return lack_or(COIL_ERESOLVE(EAI_AGAIN));
    case ARES_ENOMEM:
        return -ENOMEM;
    default:
        return lack_or(COIL_ERESOLVE(EAI_FAIL));
    }
}

static void shorten(struct coil_lookup *lookup, int seconds)
{
    coil_time ttl = (coil_time)seconds * COIL_SECOND;

    if (lookup->ttl < 0 || ttl < lookup->ttl)
        lookup->ttl = ttl;
}

/* All addresses, and how long all names on the way to them are valid. */
static int take_answer(struct coil_lookup *lookup,
                       const struct ares_addrinfo *answer)
{
    for (const struct ares_addrinfo_cname *c = answer->cnames; c; c = c->next)
        shorten(lookup, c->ttl);
    for (const struct ares_addrinfo_node *n = answer->nodes; n;
         n = n->ai_next) {
        struct coil_address address = { .length = n->ai_addrlen };
        int rc;

        memcpy(&address.storage, n->ai_addr, n->ai_addrlen);
        shorten(lookup, n->ai_ttl);
        rc = coil_lookup_add(lookup, &address);
        if (rc < 0)
            return rc;
    }
    return coil_lookup_sort(lookup);
}

static void end(void *arg, int status, int timeouts,
                struct ares_addrinfo *answer)
{
    struct query *q = arg;

    (void)timeouts;
    if (status != ARES_EDESTRUCTION) {
        q->error = error_of(status);
        if (q->error == 0)
            q->error = take_answer(q->lookup, answer);
    }
    ares_freeaddrinfo(answer);
    q->is_over = true;
    coil_event_set(&q->changed);
}

/* ---- sockets -------------------------------------------------------------- */

static void read_ready(void *arg)
{
    struct watched *w = arg;
    struct query *q = w->query;

    ares_process_fd(q->channel, w->fd, ARES_SOCKET_BAD);
    coil_event_set(&q->changed);
}

static void write_ready(void *arg)
{
    struct watched *w = arg;
    struct query *q = w->query;

    ares_process_fd(q->channel, ARES_SOCKET_BAD, w->fd);
    coil_event_set(&q->changed);
}

/* The place of the socket, or a free one.  NULL: there are too many. */
static struct watched *find(struct query *q, ares_socket_t fd)
{
    struct watched *unused = NULL;

    for (size_t i = 0; i < SOCKETS_MAX; i++) {
        struct watched *w = &q->sockets[i];

        bool is_used = w->is_read || w->is_written;

        if (is_used && w->fd == fd)
            return w;
        if (!is_used && !unused)
            unused = w;
    }
    return unused;
}

static int watch(struct watched *w, bool readable, bool writable)
{
    struct coil_loop *loop = w->query->loop;
    int rc = 0;

    if (readable && !w->is_read)
        rc = coil_loop_add_reader(loop, &w->reader, w->fd, read_ready, w);
    else if (!readable && w->is_read)
        coil_loop_remove_reader(loop, &w->reader);
    w->is_read = readable && rc == 0;
    if (rc < 0)
        return rc;
    if (writable && !w->is_written)
        rc = coil_loop_add_writer(loop, &w->writer, w->fd, write_ready, w);
    else if (!writable && w->is_written)
        coil_loop_remove_writer(loop, &w->writer);
    w->is_written = writable && rc == 0;
    return rc;
}

/* c-ares wants to know when a socket is ready; or it is about to close it. */
static void socket_changed(void *arg, ares_socket_t fd, int readable,
                           int writable)
{
    struct query *q = arg;
    struct watched *w = find(q, fd);
    int rc = -EMFILE;

    if (w) {
        w->query = q;
        w->fd = fd;
        rc = watch(w, readable != 0, writable != 0);
    }
    if (rc < 0) {
        q->error = rc;
        coil_event_set(&q->changed);
    }
}

/* ---- a question ----------------------------------------------------------- */

static int open_channel(struct query *q, const struct coil__cares_conf *conf)
{
    struct ares_options options = {
        .timeout = conf->seconds * 1000,
        .tries = conf->attempts,
        .sock_state_cb = socket_changed,
        .sock_state_cb_data = q,
    };
    int status = ares_init_options(&q->channel, &options,
                                   ARES_OPT_TIMEOUTMS | ARES_OPT_TRIES |
                                       ARES_OPT_SOCK_STATE_CB);

    if (status != ARES_SUCCESS)
        return error_of(status);
    if (q->servers)
        status = ares_set_servers_ports_csv(q->channel, q->servers);
    if (status == ARES_SUCCESS)
        return 0;
    ares_destroy(q->channel);
    return status == ARES_ENOMEM ? -ENOMEM : -EINVAL;
}

/* Wait until something happens, or until the channel wants to be called. */
static int wait_for_change(struct query *q)
{
    struct timeval most = { .tv_sec = 3600 };
    struct timeval limit;
    const struct timeval *next = ares_timeout(q->channel, &most, &limit);
    struct coil_timeout scope;
    int rc;

    rc = coil_timeout_begin(&scope, next->tv_sec * COIL_SECOND +
                                        next->tv_usec * COIL_MICROSECOND);
    if (rc == 0)
        rc = coil_timeout_end(&scope, coil_event_wait(&q->changed));
    if (rc == -ETIMEDOUT) {
        ares_process_fd(q->channel, ARES_SOCKET_BAD, ARES_SOCKET_BAD);
        rc = 0;
    }
    coil_event_clear(&q->changed);
    return rc;
}

static int ask(struct coil_lookup *lookup, const struct coil__cares_conf *conf,
               const char *servers)
{
    const struct ares_addrinfo_hints hints = { .ai_family = lookup->family,
                                               .ai_socktype = SOCK_STREAM,
                                               .ai_flags = ARES_AI_NOSORT };
    struct query q = { .lookup = lookup,
                       .loop = coil_loop_current(),
                       .servers = servers };
    int rc = open_channel(&q, conf);

    if (rc < 0)
        return rc;
    ares_getaddrinfo(q.channel, lookup->host, NULL, &hints, end, &q);
    while (rc == 0 && !q.is_over && q.error == 0)
        rc = wait_for_change(&q);
    ares_destroy(q.channel);
    return rc < 0 ? rc : q.error;
}

/* ---- the source ----------------------------------------------------------- */

static int init_status;

static void init_library(void)
{
    init_status = ares_library_init(ARES_LIB_INIT_ALL);
}

/* It has no descriptors. */
static bool is_simulated(const struct coil_loop *loop)
{
    return coil_loop_backend(loop) == COIL_BACKEND_SIMULATOR;
}

static int look_up(struct coil_lookup *lookup, void *arg)
{
    static const struct coil__cares_files files = {
        .nsswitch_conf = "/etc/nsswitch.conf",
        .resolv_conf = "/etc/resolv.conf",
        .hosts = "/etc/hosts",
        .resolved = "/run/systemd/resolve/io.systemd.Resolve"
    };
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    const struct coil_cares *cares = arg; /* or NULL */
    struct coil__cares_conf conf;

    if (is_simulated(coil_loop_current()))
        return coil_lookup_by_system(lookup);
    conf = coil__cares_conf(files.resolv_conf, getenv("RES_OPTIONS"));
    if (!cares && coil__cares_is_for_system(&files, &conf, lookup->host))
        return coil_lookup_by_system(lookup);
    pthread_once(&once, init_library);
    if (init_status != ARES_SUCCESS)
        return error_of(init_status);
    return ask(lookup, &conf, cares ? cares->servers : NULL);
}

const struct coil_resolver_source *coil_cares_source(void)
{
    static const struct coil_resolver_source source = { .name = "c-ares",
                                                        .look_up = look_up };

    return &source;
}

const struct coil_resolver_source *coil_cares_init(struct coil_cares *cares,
                                                   const char *servers)
{
    *cares = (struct coil_cares){
        .source = { .name = "c-ares", .look_up = look_up, .arg = cares },
        .servers = servers
    };
    return &cares->source;
}

const char *coil_cares_version(void)
{
    return ares_version(NULL);
}
