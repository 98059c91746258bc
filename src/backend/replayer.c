/* SPDX-License-Identifier: MIT */
#include "backend/replayer.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "backend/history_op.h"
#include "backend/sys.h"
#include "base/memory.h"
#include "base/panic.h"
#include "base/platform.h"

struct replayer {
    struct coil__backend backend; /* first */
    struct coil__backend_ops ops;
    struct coil_history history;
    struct coil_op **pending; /* by their numbers, from 1 on */
    size_t capacity;
    coil_time now;
};

static const char *const names[] = {
    [0] = "nothing",
    [COIL_HISTORY_NOW] = "the clock",
    [COIL_HISTORY_TICKED] = "the clock's tick",
    [COIL_HISTORY_RANDOM] = "a random number",
    [COIL_HISTORY_BEGIN] = "an operation that begins",
    [COIL_HISTORY_OVER] = "an operation that is over",
    [COIL_HISTORY_LOST] = "a descriptor that is lost",
    [COIL_HISTORY_WAIT] = "a look outside",
    [COIL_HISTORY_CANCEL] = "an operation that is cancelled",
    [COIL_HISTORY_CLOSE_SOCKET] = "a socket that is closed",
    [COIL_HISTORY_GIVE_UP] = "a socket that is given up",
    [COIL_HISTORY_END] = "the end of a call",
    [COIL_HISTORY_SOCKET] = "a new socket",
    [COIL_HISTORY_RESULT] = "the result of a call",
    [COIL_HISTORY_BIND_UNIX] = "a Unix socket that is bound",
    [COIL_HISTORY_CREDENTIALS] = "credentials",
    [COIL_HISTORY_ADDRESS] = "an address",
    [COIL_HISTORY_READ_NOW] = "a read that does not wait",
    [COIL_HISTORY_ARRIVED] = "what comes from threads and signals",
    [COIL_HISTORY_BYTES] = "bytes of the program's own",
};

static const char *name_of(uint64_t entry)
{
    return entry < sizeof names / sizeof *names && names[entry] ? names[entry]
                                                                : "damage";
}

static struct replayer *replayer_of(struct coil__backend *backend)
{
    return (struct replayer *)(void *)backend;
}

COIL_NORETURN static void leave_history(const struct replayer *r,
                                        const char *here, const char *there)
{
    coil__panic("COIL_REPLAY",
                "the program has left its history at byte %zu: here is %s, "
                "there was %s",
                r->history.at, here, there);
}

/* The next entry, of whatever kind. */
static uint64_t next_entry(struct replayer *r)
{
    if (coil__history_is_over(&r->history))
        coil__panic("COIL_REPLAY",
                    "the history ends here, as the recorded process did");
    return coil__history_get(&r->history);
}

static void expect(struct replayer *r, enum coil_history_entry entry)
{
    uint64_t next = next_entry(r);

    if (next != entry)
        leave_history(r, name_of(entry), name_of(next));
}

static int get_result(struct replayer *r)
{
    expect(r, COIL_HISTORY_RESULT);
    return (int)coil__history_get_signed(&r->history);
}

/* ---- clock and chance ----------------------------------------------------- */

static coil_time get_time(struct replayer *r, enum coil_history_entry entry)
{
    expect(r, entry);
    r->now += coil__history_get_signed(&r->history);
    return r->now;
}

static coil_time now(struct coil__backend *backend)
{
    return get_time(replayer_of(backend), COIL_HISTORY_NOW);
}

static coil_time ticked(struct coil__backend *backend)
{
    return get_time(replayer_of(backend), COIL_HISTORY_TICKED);
}

static uint64_t random_number(struct coil__backend *backend)
{
    struct replayer *r = replayer_of(backend);

    expect(r, COIL_HISTORY_RANDOM);
    return coil__history_get(&r->history);
}

/* ---- operations ----------------------------------------------------------- */

static void make_room(struct replayer *r, size_t number)
{
    size_t capacity = 2 * r->capacity + 64;
    struct coil_op **pending;

    if (number < r->capacity)
        return;
    /* Each number is the one after the greatest so far, or used again. */
    if (number > r->capacity + 1)
        leave_history(r, "an operation", "damage");
    pending = coil__realloc(r->pending, capacity * sizeof *pending);
    if (!pending)
        coil__panic("COIL_REPLAY", "there is no memory");
    memset(pending + r->capacity, 0,
           (capacity - r->capacity) * sizeof *pending);
    r->pending = pending;
    r->capacity = capacity;
}

static bool begin(struct coil__backend *backend, struct coil_op *op)
{
    struct replayer *r = replayer_of(backend);
    size_t number;

    expect(r, COIL_HISTORY_BEGIN);
    if (coil__history_get(&r->history) != op->kind)
        leave_history(r, "an operation", "one of another kind");
    number = (size_t)coil__history_get(&r->history);
    if (number == 0) {
        coil__history_get_op(&r->history, op);
        return true;
    }
    make_room(r, number);
    r->pending[number] = op;
    op->state = 1;
    r->backend.pending++;
    return false;
}

static void end_operation(struct replayer *r)
{
    size_t number = (size_t)coil__history_get(&r->history);
    struct coil_op *op = number < r->capacity ? r->pending[number] : NULL;

    if (!op)
        leave_history(r, "no such operation", name_of(COIL_HISTORY_OVER));
    r->pending[number] = NULL;
    r->backend.pending--;
    op->state = 0;
    coil__history_get_op(&r->history, op);
    op->over(op);
}

static void lose_descriptor(struct replayer *r)
{
    int fd = (int)coil__history_get_signed(&r->history);

    if (r->backend.lost)
        r->backend.lost(&r->backend, fd);
}

/* What ends within a call. */
static void go_on_to_end(struct replayer *r)
{
    uint64_t next;

    while ((next = next_entry(r)) != COIL_HISTORY_END) {
        if (next == COIL_HISTORY_OVER)
            end_operation(r);
        else if (next == COIL_HISTORY_LOST)
            lose_descriptor(r);
        else
            leave_history(r, name_of(COIL_HISTORY_END), name_of(next));
    }
}

static void cancel(struct coil__backend *backend, struct coil_op *op)
{
    struct replayer *r = replayer_of(backend);

    (void)op;
    expect(r, COIL_HISTORY_CANCEL);
    (void)!coil__history_get(&r->history);
    go_on_to_end(r);
}

static int wait_events(struct coil__backend *backend, coil_time deadline)
{
    struct replayer *r = replayer_of(backend);

    (void)deadline;
    expect(r, COIL_HISTORY_WAIT);
    go_on_to_end(r);
    return get_result(r);
}

/* The loop waits for nobody but its history. */
static void wake(struct coil__backend *backend)
{
    (void)backend;
}

/* ---- sockets -------------------------------------------------------------- */

/* A socket that is connected to nobody stands for the one that was. */
static int open_socket(struct coil__backend *backend, int family, int type)
{
    struct replayer *r = replayer_of(backend);
    int fd;

    expect(r, COIL_HISTORY_SOCKET);
    fd = (int)coil__history_get_signed(&r->history);
    if (fd < 0)
        return fd;
    fd = coil__sys_socket(family, type);
    if (fd >= 0)
        r->backend.sockets++;
    return fd;
}

static int bind_address(struct coil__backend *backend, int fd,
                        const struct coil_address *address)
{
    (void)fd;
    (void)address;
    return get_result(replayer_of(backend));
}

static int set_option(struct coil__backend *backend, int fd, int level,
                      int name, int value)
{
    (void)fd;
    (void)level;
    (void)name;
    (void)value;
    return get_result(replayer_of(backend));
}

static int bind_unix(struct coil__backend *backend, int fd,
                     const struct coil_address *address,
                     struct coil_unix_file *file)
{
    struct replayer *r = replayer_of(backend);
    int rc;

    (void)fd;
    (void)address;
    expect(r, COIL_HISTORY_BIND_UNIX);
    rc = (int)coil__history_get_signed(&r->history);
    coil__history_get_bytes(&r->history, file, sizeof *file);
    return rc;
}

static void unbind_unix(struct coil__backend *backend, int fd,
                        struct coil_unix_file *file)
{
    (void)backend;
    (void)fd;
    (void)file;
}

static int multicast(struct coil__backend *backend, int fd,
                     const struct coil_address *group, unsigned interface,
                     enum coil_multicast what)
{
    (void)fd;
    (void)group;
    (void)interface;
    (void)what;
    return get_result(replayer_of(backend));
}

static int credentials(struct coil__backend *backend, int fd,
                       struct ucred *found)
{
    struct replayer *r = replayer_of(backend);
    int rc;

    (void)fd;
    expect(r, COIL_HISTORY_CREDENTIALS);
    rc = (int)coil__history_get_signed(&r->history);
    if (rc == 0)
        coil__history_get_bytes(&r->history, found, sizeof *found);
    return rc;
}

static int adopt(struct coil__backend *backend, const int *fds, size_t count)
{
    struct replayer *r = replayer_of(backend);
    int rc = get_result(r);

    (void)fds;
    if (rc == 0)
        r->backend.sockets += count;
    return rc;
}

static void adopt_fd(struct coil__backend *backend, int fd)
{
    (void)fd;
    backend->sockets++;
}

static int shutdown_socket(struct coil__backend *backend, int fd)
{
    (void)fd;
    return get_result(replayer_of(backend));
}

static int get_address(struct coil__backend *backend, int fd,
                       struct coil_address *address)
{
    struct replayer *r = replayer_of(backend);
    int rc;

    (void)fd;
    expect(r, COIL_HISTORY_ADDRESS);
    rc = (int)coil__history_get_signed(&r->history);
    if (rc == 0)
        coil__history_get_address(&r->history, address);
    return rc;
}

static ptrdiff_t read_now(struct coil__backend *backend, int fd, void *data,
                          size_t size)
{
    struct replayer *r = replayer_of(backend);
    ptrdiff_t n;

    (void)fd;
    expect(r, COIL_HISTORY_READ_NOW);
    n = coil__history_get_signed(&r->history);
    if (n > 0 && (size_t)n > size)
        leave_history(r, "a shorter read", name_of(COIL_HISTORY_READ_NOW));
    if (n > 0)
        coil__history_get_bytes(&r->history, data, (size_t)n);
    return n;
}

static bool is_stale(struct coil__backend *backend, int fd)
{
    (void)fd;
    return get_result(replayer_of(backend));
}

static void close_socket(struct coil__backend *backend, int fd)
{
    struct replayer *r = replayer_of(backend);

    expect(r, COIL_HISTORY_CLOSE_SOCKET);
    go_on_to_end(r);
    close(fd);
    r->backend.sockets--;
}

static void give_up(struct coil__backend *backend, int fd)
{
    struct replayer *r = replayer_of(backend);

    (void)fd;
    expect(r, COIL_HISTORY_GIVE_UP);
    go_on_to_end(r);
    r->backend.sockets--;
}

/* ---- what comes beside ---------------------------------------------------- */

static uint64_t arrived(struct coil__backend *backend, enum coil__arrival what,
                        uint64_t there)
{
    struct replayer *r = replayer_of(backend);

    (void)there;
    expect(r, COIL_HISTORY_ARRIVED);
    if (coil__history_get(&r->history) != what)
        leave_history(r, name_of(COIL_HISTORY_ARRIVED), "something else so");
    return coil__history_get(&r->history);
}

static void remember(struct coil__backend *backend, void *data, size_t size)
{
    struct replayer *r = replayer_of(backend);

    expect(r, COIL_HISTORY_BYTES);
    if (coil__history_get(&r->history) != size)
        leave_history(r, name_of(COIL_HISTORY_BYTES), "another number of them");
    coil__history_get_bytes(&r->history, data, size);
}

/* ---- the backend ---------------------------------------------------------- */

static void close_backend(struct coil__backend *backend)
{
    struct replayer *r = replayer_of(backend);

    coil__history_close(&r->history);
    coil__free(r->pending);
    coil__free(r);
}

static const struct coil__backend_ops replaying = {
    .name = "replay",
    .close = close_backend,
    .now = now,
    .ticked = ticked,
    .random = random_number,
    .begin = begin,
    .cancel = cancel,
    .wait = wait_events,
    .wake = wake,
    .socket = open_socket,
    .bind = bind_address,
    .set_option = set_option,
    .bind_local = bind_address,
    .bind_datagrams = bind_address,
    .bind_unix = bind_unix,
    .unbind_unix = unbind_unix,
    .multicast = multicast,
    .credentials = credentials,
    .adopt = adopt,
    .adopt_fd = adopt_fd,
    .shutdown = shutdown_socket,
    .local_address = get_address,
    .peer_address = get_address,
    .read_now = read_now,
    .is_stale = is_stale,
    .close_socket = close_socket,
    .give_up = give_up,
    .arrived = arrived,
    .remember = remember,
};

int coil__replayer_open(struct coil__backend **out, const char *path)
{
    struct replayer *r = coil__alloc(sizeof *r);
    int rc;

    if (!r)
        return -ENOMEM;
    rc = coil__history_open(&r->history, path);
    if (rc < 0) {
        coil__free(r);
        return rc;
    }
    r->ops = replaying;
    r->ops.kind = coil__history_head(&r->history)->kind;
    r->backend.ops = &r->ops;
    r->backend.replays = true;
    *out = &r->backend;
    return 0;
}
