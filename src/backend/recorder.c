/* SPDX-License-Identifier: MIT */
#include "backend/recorder.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>

#include "backend/history_op.h"
#include "base/memory.h"
#include "base/panic.h"

/* An operation of the backend behind, and whose it was. */
struct recorded {
    struct recorder *recorder;
    struct coil_op *op;
    void (*over)(struct coil_op *op);
    void *owner;
    size_t number;
    struct recorded *next; /* of those that are free */
};

struct recorder {
    struct coil__backend backend; /* first */
    struct coil__backend_ops ops;
    struct coil__backend *behind;
    struct coil_history history;
    struct recorded *free; /* the one that was used last is first */
    size_t count;          /* how many there are: the last number */
    coil_time now;         /* the last time that was put */
};

static struct recorder *recorder_of(struct coil__backend *backend)
{
    return (struct recorder *)(void *)backend;
}

/* The entry that begins with `entry` is whole. */
static void put_entry(struct recorder *r, enum coil_history_entry entry)
{
    coil__history_put(&r->history, entry);
    coil__history_commit(&r->history);
}

static int put_result(struct recorder *r, int result)
{
    coil__history_put(&r->history, COIL_HISTORY_RESULT);
    coil__history_put_signed(&r->history, result);
    coil__history_commit(&r->history);
    return result;
}

/* What those above read and write lies here; the backend behind has its own. */
static void pass_in(struct recorder *r)
{
    r->behind->holds = r->backend.holds;
    r->behind->searches = r->backend.searches;
}

static void pass_out(struct recorder *r)
{
    r->backend.pending = r->behind->pending;
    r->backend.sockets = r->behind->sockets;
}

/* ---- clock and chance ----------------------------------------------------- */

static coil_time put_time(struct recorder *r, enum coil_history_entry entry,
                          coil_time now)
{
    coil__history_put(&r->history, entry);
    coil__history_put_signed(&r->history, now - r->now);
    coil__history_commit(&r->history);
    r->now = now;
    return now;
}

static coil_time now(struct coil__backend *backend)
{
    struct recorder *r = recorder_of(backend);

    return put_time(r, COIL_HISTORY_NOW, r->behind->ops->now(r->behind));
}

static coil_time ticked(struct coil__backend *backend)
{
    struct recorder *r = recorder_of(backend);

    return put_time(r, COIL_HISTORY_TICKED, r->behind->ops->ticked(r->behind));
}

static uint64_t random_number(struct coil__backend *backend)
{
    struct recorder *r = recorder_of(backend);
    uint64_t number = r->behind->ops->random(r->behind);

    coil__history_put(&r->history, COIL_HISTORY_RANDOM);
    coil__history_put(&r->history, number);
    coil__history_commit(&r->history);
    return number;
}

/* ---- operations ----------------------------------------------------------- */

static struct recorded *take(struct recorder *r)
{
    struct recorded *it = r->free;

    if (it) {
        r->free = it->next;
        return it;
    }
    it = coil__alloc(sizeof *it);
    if (it) {
        it->recorder = r;
        it->number = ++r->count;
    }
    return it;
}

static void give_back(struct recorder *r, struct recorded *it)
{
    it->op->over = it->over;
    it->op->owner = it->owner;
    it->op = NULL;
    it->next = r->free;
    r->free = it;
}

/* The backend behind says so. */
static void over(struct coil_op *op)
{
    struct recorded *it = op->owner;
    struct recorder *r = it->recorder;

    coil__history_put(&r->history, COIL_HISTORY_OVER);
    coil__history_put(&r->history, it->number);
    coil__history_put_op(&r->history, op);
    coil__history_commit(&r->history);
    give_back(r, it);
    pass_out(r);
    op->over(op);
}

static void put_begin(struct recorder *r, const struct coil_op *op,
                      size_t number)
{
    coil__history_put(&r->history, COIL_HISTORY_BEGIN);
    coil__history_put(&r->history, op->kind);
    coil__history_put(&r->history, number);
    if (number == 0)
        coil__history_put_op(&r->history, op);
    coil__history_commit(&r->history);
}

/* Without memory there is no way to follow an operation: it does not begin. */
static bool begin(struct coil__backend *backend, struct coil_op *op)
{
    struct recorder *r = recorder_of(backend);
    struct recorded *it = take(r);
    bool is_over = true;

    op->result = -ENOMEM;
    if (it) {
        it->op = op;
        it->over = op->over;
        it->owner = op->owner;
        op->over = over;
        op->owner = it;
        is_over = r->behind->ops->begin(r->behind, op);
        if (is_over)
            give_back(r, it);
    }
    pass_out(r);
    put_begin(r, op, is_over ? 0 : it->number);
    return is_over;
}

static void cancel(struct coil__backend *backend, struct coil_op *op)
{
    struct recorder *r = recorder_of(backend);
    const struct recorded *it = op->owner;

    coil__history_put(&r->history, COIL_HISTORY_CANCEL);
    coil__history_put(&r->history, op->over == over ? it->number : 0);
    coil__history_commit(&r->history);
    r->behind->ops->cancel(r->behind, op);
    pass_out(r);
    put_entry(r, COIL_HISTORY_END);
}

static int wait_events(struct coil__backend *backend, coil_time deadline)
{
    struct recorder *r = recorder_of(backend);
    int rc;

    put_entry(r, COIL_HISTORY_WAIT);
    pass_in(r);
    rc = r->behind->ops->wait(r->behind, deadline);
    pass_out(r);
    put_entry(r, COIL_HISTORY_END);
    return put_result(r, rc);
}

static void wake(struct coil__backend *backend)
{
    struct coil__backend *behind = recorder_of(backend)->behind;

    behind->ops->wake(behind);
}

/* ---- sockets -------------------------------------------------------------- */

static int open_socket(struct coil__backend *backend, int family, int type)
{
    struct recorder *r = recorder_of(backend);
    int fd = r->behind->ops->socket(r->behind, family, type);

    pass_out(r);
    coil__history_put(&r->history, COIL_HISTORY_SOCKET);
    coil__history_put_signed(&r->history, fd);
    coil__history_commit(&r->history);
    return fd;
}

static int bind_socket(struct coil__backend *backend, int fd,
                       const struct coil_address *address)
{
    struct recorder *r = recorder_of(backend);

    return put_result(r, r->behind->ops->bind(r->behind, fd, address));
}

static int set_option(struct coil__backend *backend, int fd, int level,
                      int name, int value)
{
    struct recorder *r = recorder_of(backend);

    return put_result(
        r, r->behind->ops->set_option(r->behind, fd, level, name, value));
}

static int bind_local(struct coil__backend *backend, int fd,
                      const struct coil_address *address)
{
    struct recorder *r = recorder_of(backend);

    return put_result(r, r->behind->ops->bind_local(r->behind, fd, address));
}

static int bind_datagrams(struct coil__backend *backend, int fd,
                          const struct coil_address *address)
{
    struct recorder *r = recorder_of(backend);

    return put_result(r,
                      r->behind->ops->bind_datagrams(r->behind, fd, address));
}

static int bind_unix(struct coil__backend *backend, int fd,
                     const struct coil_address *address,
                     struct coil_unix_file *file)
{
    struct recorder *r = recorder_of(backend);
    int rc = r->behind->ops->bind_unix(r->behind, fd, address, file);

    coil__history_put(&r->history, COIL_HISTORY_BIND_UNIX);
    coil__history_put_signed(&r->history, rc);
    coil__history_put_bytes(&r->history, file, sizeof *file);
    coil__history_commit(&r->history);
    return rc;
}

static void unbind_unix(struct coil__backend *backend, int fd,
                        struct coil_unix_file *file)
{
    struct recorder *r = recorder_of(backend);

    r->behind->ops->unbind_unix(r->behind, fd, file);
}

static int multicast(struct coil__backend *backend, int fd,
                     const struct coil_address *group, unsigned interface,
                     enum coil_multicast what)
{
    struct recorder *r = recorder_of(backend);

    return put_result(
        r, r->behind->ops->multicast(r->behind, fd, group, interface, what));
}

static int credentials(struct coil__backend *backend, int fd,
                       struct ucred *found)
{
    struct recorder *r = recorder_of(backend);
    int rc = r->behind->ops->credentials(r->behind, fd, found);

    coil__history_put(&r->history, COIL_HISTORY_CREDENTIALS);
    coil__history_put_signed(&r->history, rc);
    if (rc == 0)
        coil__history_put_bytes(&r->history, found, sizeof *found);
    coil__history_commit(&r->history);
    return rc;
}

static int adopt(struct coil__backend *backend, const int *fds, size_t count)
{
    struct recorder *r = recorder_of(backend);
    int rc = r->behind->ops->adopt(r->behind, fds, count);

    pass_out(r);
    return put_result(r, rc);
}

static void adopt_fd(struct coil__backend *backend, int fd)
{
    struct recorder *r = recorder_of(backend);

    r->behind->ops->adopt_fd(r->behind, fd);
    pass_out(r);
}

static int shutdown_socket(struct coil__backend *backend, int fd)
{
    struct recorder *r = recorder_of(backend);

    return put_result(r, r->behind->ops->shutdown(r->behind, fd));
}

static int put_address(struct recorder *r, int rc,
                       const struct coil_address *address)
{
    coil__history_put(&r->history, COIL_HISTORY_ADDRESS);
    coil__history_put_signed(&r->history, rc);
    if (rc == 0)
        coil__history_put_address(&r->history, address);
    coil__history_commit(&r->history);
    return rc;
}

static int local_address(struct coil__backend *backend, int fd,
                         struct coil_address *address)
{
    struct recorder *r = recorder_of(backend);

    return put_address(r, r->behind->ops->local_address(r->behind, fd, address),
                       address);
}

static int peer_address(struct coil__backend *backend, int fd,
                        struct coil_address *address)
{
    struct recorder *r = recorder_of(backend);

    return put_address(r, r->behind->ops->peer_address(r->behind, fd, address),
                       address);
}

static ptrdiff_t read_now(struct coil__backend *backend, int fd, void *data,
                          size_t size)
{
    struct recorder *r = recorder_of(backend);
    ptrdiff_t n = r->behind->ops->read_now(r->behind, fd, data, size);

    coil__history_put(&r->history, COIL_HISTORY_READ_NOW);
    coil__history_put_signed(&r->history, n);
    if (n > 0)
        coil__history_put_bytes(&r->history, data, (size_t)n);
    coil__history_commit(&r->history);
    return n;
}

static bool is_stale(struct coil__backend *backend, int fd)
{
    struct recorder *r = recorder_of(backend);

    return put_result(r, r->behind->ops->is_stale(r->behind, fd));
}

static void close_socket(struct coil__backend *backend, int fd)
{
    struct recorder *r = recorder_of(backend);

    put_entry(r, COIL_HISTORY_CLOSE_SOCKET);
    r->behind->ops->close_socket(r->behind, fd);
    pass_out(r);
    put_entry(r, COIL_HISTORY_END);
}

static void give_up(struct coil__backend *backend, int fd)
{
    struct recorder *r = recorder_of(backend);

    put_entry(r, COIL_HISTORY_GIVE_UP);
    r->behind->ops->give_up(r->behind, fd);
    pass_out(r);
    put_entry(r, COIL_HISTORY_END);
}

static void lost(struct coil__backend *behind, int fd)
{
    struct recorder *r = recorder_of(behind->front);

    coil__history_put(&r->history, COIL_HISTORY_LOST);
    coil__history_put_signed(&r->history, fd);
    coil__history_commit(&r->history);
    if (r->backend.lost)
        r->backend.lost(&r->backend, fd);
}

/* ---- what comes beside ---------------------------------------------------- */

static uint64_t arrived(struct coil__backend *backend, enum coil__arrival what,
                        uint64_t there)
{
    struct recorder *r = recorder_of(backend);

    coil__history_put(&r->history, COIL_HISTORY_ARRIVED);
    coil__history_put(&r->history, what);
    coil__history_put(&r->history, there);
    coil__history_commit(&r->history);
    return there;
}

static void remember(struct coil__backend *backend, void *data, size_t size)
{
    struct recorder *r = recorder_of(backend);

    coil__history_put(&r->history, COIL_HISTORY_BYTES);
    coil__history_put(&r->history, size);
    coil__history_put_bytes(&r->history, data, size);
    coil__history_commit(&r->history);
}

/* ---- the backend ---------------------------------------------------------- */

static void forked(struct coil__backend *backend)
{
    struct recorder *r = recorder_of(backend);

    coil__history_leave(&r->history);
    r->behind->ops->forked(r->behind);
}

static void leave(struct coil__backend *backend)
{
    struct recorder *r = recorder_of(backend);

    r->behind->ops->leave(r->behind);
}

static int descriptor(struct coil__backend *backend)
{
    struct recorder *r = recorder_of(backend);

    return r->behind->ops->descriptor(r->behind);
}

static void close_backend(struct coil__backend *backend)
{
    struct recorder *r = recorder_of(backend);
    struct recorded *it;

    r->behind->ops->close(r->behind);
    coil__history_close(&r->history);
    while ((it = r->free)) {
        r->free = it->next;
        coil__free(it);
    }
    coil__free(r);
}

static const struct coil__backend_ops recording = {
    .close = close_backend,
    .now = now,
    .random = random_number,
    .begin = begin,
    .cancel = cancel,
    .wait = wait_events,
    .wake = wake,
    .socket = open_socket,
    .bind = bind_socket,
    .set_option = set_option,
    .bind_local = bind_local,
    .bind_datagrams = bind_datagrams,
    .bind_unix = bind_unix,
    .unbind_unix = unbind_unix,
    .multicast = multicast,
    .credentials = credentials,
    .adopt = adopt,
    .shutdown = shutdown_socket,
    .local_address = local_address,
    .peer_address = peer_address,
    .read_now = read_now,
    .is_stale = is_stale,
    .close_socket = close_socket,
    .give_up = give_up,
    .arrived = arrived,
    .remember = remember,
};

/* It can what the backend behind can. */
static void take_place(struct recorder *r)
{
    const struct coil__backend_ops *behind = r->behind->ops;

    r->ops = recording;
    r->ops.name = behind->name;
    r->ops.kind = behind->kind;
    r->ops.forked = behind->forked ? forked : NULL;
    r->ops.leave = behind->leave ? leave : NULL;
    r->ops.descriptor = behind->descriptor ? descriptor : NULL;
    r->ops.ticked = behind->ticked ? ticked : NULL;
    r->ops.adopt_fd = behind->adopt_fd ? adopt_fd : NULL;
    r->backend.ops = &r->ops;
    r->behind->front = &r->backend;
    r->behind->lost = lost;
}

int coil__recorder_open(struct coil__backend **backend, const char *path)
{
    struct recorder *r = coil__alloc(sizeof *r);
    int rc;

    if (!r)
        return -ENOMEM;
    rc = coil__history_create(&r->history, path, (*backend)->ops->kind);
    if (rc < 0) {
        coil__free(r);
        return rc;
    }
    r->behind = *backend;
    take_place(r);
    *backend = &r->backend;
    return 0;
}
