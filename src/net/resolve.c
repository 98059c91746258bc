/* SPDX-License-Identifier: MIT */
/*
 * A name is looked up in a thread.  A table lists the look-ups under way, so
 * that a task that asks for the same name on the same loop can join.  Each task
 * that waits has a reference, and makes its own addresses from the result.  The
 * last reference frees the result.  If the last task is cancelled, a look-up
 * that has not begun is withdrawn; one that has begun goes on, and is dropped
 * when it returns.
 */
#include <coil/error.h>
#include <coil/resolve.h>

#include <netdb.h>
#include <string.h>
#include <strings.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "base/memory.h"
#include "base/platform.h"
#include "base/fork.h"
#include "loop/loop.h"
#include "sched/wait.h"
#include "net/address.h"
#include "net/shortage.h"
#include "threads/call.h"

enum { MAX_HOST = 253, BUCKETS = 64, MAX_THREADS = 8 };

struct lookup {
    struct coil__call call;
    struct lookup *next; /* in its bucket; under `table_mutex` */
    bool is_listed;
    struct coil_list waiters;
    struct addrinfo *list;
    int error;
    char host[MAX_HOST + 1];
};

static struct coil_pool pool = COIL__POOL_INIT(MAX_THREADS);
static pthread_mutex_t table_mutex = PTHREAD_MUTEX_INITIALIZER;
static struct lookup *table[BUCKETS];

/* ---- getaddrinfo ------------------------------------------------------ */

/* Returns 0 and stores a list, or returns one of coil's errors. */
static int ask(const char *host, int flags, struct addrinfo **list)
{
    const struct addrinfo hints = {
        .ai_family = AF_UNSPEC,
        .ai_socktype = SOCK_STREAM,
        .ai_flags = flags,
    };
    int error = getaddrinfo(host, host ? NULL : "0", &hints, list);

    switch (error) {
    case 0:
        return 0;
    case EAI_MEMORY:
        return -ENOMEM;
    case EAI_SYSTEM:
        return errno > 0 ? -errno : COIL_ERESOLVE(EAI_FAIL);
    default:
        return COIL_ERESOLVE(error);
    }
}

/*
 * Whether it is "localhost" or a name below it, with or without the last dot.
 * Such a name is this machine, and nobody is asked for it (RFC 6761, 6.3):
 * where no table has it, a name server would be, and might never answer.
 */
static bool is_localhost(const char *host)
{
    static const char name[] = "localhost";
    size_t length = strlen(host);
    size_t size = sizeof name - 1;

    if (host[length - 1] == '.')
        length--;
    return length >= size &&
           strncasecmp(host + length - size, name, size) == 0 &&
           (length == size || host[length - size - 1] == '.');
}

/* 0 if a descriptor can be opened; otherwise -EMFILE, -ENFILE … */
static int ask_for_descriptor(void)
{
    int fd = eventfd(0, EFD_CLOEXEC);

    if (fd < 0)
        return -errno;
    close(fd);
    return 0;
}

/*
 * Look a name up.  A resolver that cannot open its files or sockets says that
 * the name is unknown.  What was missing is in errno; or errno was overwritten,
 * and it is still missing.
 */
static int look_up(const char *host, struct addrinfo **list)
{
    int shortage;
    int rc;

    if (is_localhost(host))
        return ask(NULL, 0, list);
    errno = 0;
    rc = ask(host, 0, list);
    shortage = -errno;
    if (rc == 0 || coil__is_shortage(rc))
        return rc;
    if (!coil__is_shortage(shortage))
        shortage = ask_for_descriptor();
    return coil__is_shortage(shortage) ? shortage : rc;
}

static bool is_usable(const struct addrinfo *info)
{
    return info->ai_family == AF_INET || info->ai_family == AF_INET6;
}

static int copy_addresses(const struct addrinfo *list, uint16_t port,
                          struct coil_address **out, size_t *count)
{
    struct coil_address *addresses;
    size_t n = 0;

    for (const struct addrinfo *i = list; i; i = i->ai_next)
        n += is_usable(i);
    if (n == 0)
        return COIL_ERESOLVE(EAI_NONAME);
    addresses = coil__alloc(n * sizeof *addresses);
    if (!addresses)
        return -ENOMEM;

    *out = addresses;
    *count = n;
    for (const struct addrinfo *i = list; i; i = i->ai_next) {
        if (!is_usable(i))
            continue;
        memcpy(&addresses->storage, i->ai_addr, i->ai_addrlen);
        addresses->length = i->ai_addrlen;
        coil__address_set_port(addresses, port);
        addresses++;
    }
    return 0;
}

/* ---- look-ups in flight ----------------------------------------------- */

static struct lookup **bucket_of(const char *host)
{
    uint32_t hash = 2166136261u; /* FNV-1a */

    for (; *host; host++)
        hash = (hash ^ (unsigned char)*host) * 16777619u;
    return &table[(hash ^ hash >> 16) % BUCKETS];
}

/* A look-up that the parent has begun never ends in the child. */
static void lock_table(void)
{
    pthread_mutex_lock(&table_mutex);
}

static void unlock_table(void)
{
    pthread_mutex_unlock(&table_mutex);
}

static void clear_table(void)
{
    memset(table, 0, sizeof table);
    pthread_mutex_unlock(&table_mutex);
}

static struct coil_fork_hook at_fork = {
    .rank = COIL_FORK_NAMES,
    .before = lock_table,
    .in_parent = unlock_table,
    .in_child = clear_table,
};

/* A look-up of `loop` to join, retained; or NULL. */
static struct lookup *find(struct coil_loop *loop, const char *host)
{
    struct lookup *l;

    pthread_mutex_lock(&table_mutex);
    for (l = *bucket_of(host); l; l = l->next) {
        if (strcmp(l->host, host) == 0 && coil__call_is_of(&l->call, loop)) {
            atomic_fetch_add(&l->call.refs, 1);
            break;
        }
    }
    pthread_mutex_unlock(&table_mutex);
    return l;
}

static void enlist(struct lookup *l)
{
    struct lookup **bucket = bucket_of(l->host);

    pthread_mutex_lock(&table_mutex);
    l->next = *bucket;
    *bucket = l;
    l->is_listed = true;
    pthread_mutex_unlock(&table_mutex);
}

static void unlist(struct lookup *l)
{
    struct lookup **at = bucket_of(l->host);

    pthread_mutex_lock(&table_mutex);
    if (l->is_listed) {
        while (*at != l)
            at = &(*at)->next;
        *at = l->next;
        l->is_listed = false;
    }
    pthread_mutex_unlock(&table_mutex);
}

/* Runs in a thread; on the simulator, in the loop's. */
static void work(struct coil__call *call)
{
    struct lookup *l = coil__container_of(call, struct lookup, call);

    l->error = look_up(l->host, &l->list);
}

static void done(struct coil__call *call)
{
    struct lookup *l = coil__container_of(call, struct lookup, call);

    unlist(l);
    if (call->job.error)
        l->error = call->job.error;
    coil__wake_all(&l->waiters, 0);
}

static void destroy(struct coil__call *call)
{
    struct lookup *l = coil__container_of(call, struct lookup, call);

    unlist(l); /* needed if the loop was closed before done() */
    if (l->list)
        freeaddrinfo(l->list);
    coil__free(l);
}

static int begin(struct lookup **out, const char *host)
{
    struct lookup *l = coil__alloc(sizeof *l);
    int rc;

    coil__fork_watch(&at_fork);
    if (!l)
        return -ENOMEM;
    l->call.work = work;
    l->call.done = done;
    l->call.destroy = destroy;
    memcpy(l->host, host, strlen(host) + 1);
    rc = coil__call_begin(&pool, &l->call);
    if (rc < 0) {
        coil__free(l);
        return rc;
    }
    enlist(l);
    *out = l;
    return 0;
}

static int resolve_name(struct coil_loop *loop, const char *host, uint16_t port,
                        struct coil_address **out, size_t *count)
{
    static const struct coil_wait_reason reason = { .name = "host name" };
    struct coil_waiter self;
    struct lookup *l;
    int rc = 0;

    l = find(loop, host);
    if (!l)
        rc = begin(&l, host);
    if (rc < 0)
        return rc;

    self = (struct coil_waiter)COIL_WAITER(&reason, l);
    coil_loop_hold(loop);
    rc = coil__wait(&l->waiters, &self);
    coil_loop_release(loop);
    if (rc < 0 && coil__waitq_is_empty(&l->waiters) &&
        coil__call_cancel(&l->call) == COIL__JOB_CANCELLED)
        unlist(l);
    if (rc == 0)
        rc = l->error;
    if (rc == 0)
        rc = copy_addresses(l->list, port, out, count);
    coil__call_release(&l->call);
    return rc;
}

/* ---- the public side -------------------------------------------------- */

int coil_resolve(const char *host, uint16_t port, struct coil_address **out,
                 size_t *count)
{
    struct coil_loop *loop;
    struct addrinfo *list;
    size_t length = host ? strlen(host) : 0;
    int rc;

    *out = NULL;
    *count = 0;
    rc = coil__checkpoint_in_loop(&loop);
    if (rc < 0)
        return rc;
    if (host && (length == 0 || length > MAX_HOST))
        return -EINVAL;

    rc = ask(host, host ? AI_NUMERICHOST : AI_PASSIVE, &list);
    if (host && rc == COIL_ERESOLVE(EAI_NONAME))
        return resolve_name(loop, host, port, out, count);
    if (rc < 0)
        return rc;
    rc = copy_addresses(list, port, out, count);
    freeaddrinfo(list);
    return rc;
}

void coil_addresses_free(struct coil_address *addresses)
{
    coil__free(addresses);
}
