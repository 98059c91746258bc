/* SPDX-License-Identifier: MIT */
/* ps_inside_test.h - what the programs ps_inside and ps_inside_reading share */
#ifndef COIL_TESTS_PS_INSIDE_TEST_H
#define COIL_TESTS_PS_INSIDE_TEST_H

#undef main
#undef calloc
#undef realloc
#undef process_vm_readv
#undef fopen
#undef dlopen
#undef dlsym
#undef nanosleep
#undef clock_gettime

#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <link.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/uio.h>
#include <time.h>
#include <unistd.h>

#include <coil/as_completed.h>
#include <coil/combinators.h>
#include <coil/event.h>
#include <coil/future.h>
#include <coil/introspection.h>
#include <coil/lock.h>
#include <coil/loop.h>
#include <coil/staggered_race.h>
#include <coil/stream.h>
#include <coil/task.h>
#include <coil/task_group.h>

#include "child.h"
#include "loop/loop.h"
#include "sched/wait.h"
#include "test.h"

void *faulty_calloc(size_t count, size_t size);

void *faulty_realloc(void *old, size_t size);

ssize_t faulty_process_vm_readv(pid_t pid, const struct iovec *local,
                                unsigned long local_count,
                                const struct iovec *remote,
                                unsigned long remote_count,
                                unsigned long flags);

FILE *faulty_fopen(const char *path, const char *mode);

void *faulty_dlopen(const char *path, int flags);

void *faulty_dlsym(void *library, const char *name);

int faulty_nanosleep(const struct timespec *time, struct timespec *left);

int faulty_clock_gettime(clockid_t clock, struct timespec *time);

/* ---- what fails ----------------------------------------------------------- */

enum { READS_MAX = 20000 };

static struct faults {
    size_t allocation;   /* the n-th fails; 0: none */
    size_t read;         /* the n-th fails … */
    bool reads_for_ever; /* … and all that follow */
    int read_error;
    size_t read_size; /* the most that a read gives; 0: any */
    bool restless;    /* the loop goes on while it is read */
    uint64_t seed;    /* for wrong words; 0: all are right */

    const char *maps;     /* instead of /proc/PID/maps; "-": there is none;
                             "!": reading fails */
    const char *function; /* missing in libdw; "": there is no libdw */
    const char *broken;   /* functions of libdw that fail */
    const char *broken_too;
    const char *comm; /* the same for the name of a thread */
    void (*edit)(struct coil_introspection *table); /* what is read */
} faults;

static size_t allocations;
static size_t reads;

void *faulty_calloc(size_t count, size_t size)
{
    /* A damaged count is a large number: there is no room for so many. */
    if (++allocations == faults.allocation || count > (1 << 26) / size)
        return NULL;
    return calloc(count, size);
}

void *faulty_realloc(void *old, size_t size)
{
    return ++allocations == faults.allocation ? NULL : realloc(old, size);
}

int faulty_nanosleep(const struct timespec *time, struct timespec *left)
{
    (void)time;
    (void)left;
    return 0;
}

/* The simulator's clock begins at 0, and this clock stands still. */
static struct timespec now = { .tv_sec = 5 };

int faulty_clock_gettime(clockid_t clock, struct timespec *time)
{
    (void)clock;
    *time = now;
    return 0;
}

static inline uint64_t mixed(uint64_t z)
{
    z += 0x9e3779b97f4a7c15u;
    z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9u;
    z = (z ^ z >> 27) * 0x94d049bb133111ebu;
    return z ^ z >> 31;
}

/* Words that were read before: pointers to other things. */
static uintptr_t pool[256];

static size_t pooled;

static inline uintptr_t odd_word(uint64_t random, uintptr_t word)
{
    switch (random % 8) {
    case 0:
        return 0;
    case 1:
        return UINTPTR_MAX;
    case 2:
        return (uintptr_t)(random >> 32);
    case 3:
        return word ^ (uintptr_t)1 << (random >> 32) % (8 * sizeof word);
    case 4:
        return (uintptr_t)(random >> 56);
    default:
        return pool[(random >> 32) % (pooled < 256 ? pooled + 1 : 256)];
    }
}

/*
 * One word in 64 is wrong, the same in each run. A loop is read twice, to see
 * whether it has changed, and is the same each time.
 */
static inline void damage(unsigned char *bytes, size_t size)
{
    uint64_t which = size == sizeof(struct coil_loop) ? 0 : reads;
    uintptr_t word;

    for (size_t i = 0; i + sizeof word <= size; i += sizeof word) {
        uint64_t random = mixed(faults.seed ^ mixed(which << 32 | i));

        memcpy(&word, bytes + i, sizeof word);
        pool[pooled++ % 256] = word;
        if (random % 64 == 0) {
            word = odd_word(random >> 6, word);
            memcpy(bytes + i, &word, sizeof word);
        }
    }
}

ssize_t faulty_process_vm_readv(pid_t pid, const struct iovec *local,
                                unsigned long local_count,
                                const struct iovec *remote,
                                unsigned long remote_count, unsigned long flags)
{
    struct iovec to = *local;
    struct iovec from = *remote;
    ssize_t n;

    reads++;
    if (reads == faults.read || reads > READS_MAX ||
        (faults.reads_for_ever && reads >= faults.read)) {
        errno = faults.read_error;
        return -1;
    }
    if (faults.read_size && faults.read_size < to.iov_len)
        to.iov_len = from.iov_len = faults.read_size;
    n = process_vm_readv(pid, &to, local_count, &from, remote_count, flags);
    if (from.iov_len == sizeof(struct coil_loop) && faults.restless)
        ((unsigned char *)to.iov_base)[offsetof(struct coil_loop, grants)] ^=
            (unsigned char)reads;
    if (from.iov_len == sizeof(struct coil_introspection) && faults.edit)
        faults.edit(to.iov_base);
    else if (n > 0 && faults.seed)
        damage(to.iov_base, (size_t)n);
    return n;
}

static inline ssize_t fail_to_read(void *cookie, char *to, size_t size)
{
    (void)cookie;
    (void)to;
    (void)size;
    errno = faults.read_error;
    return -1;
}

FILE *faulty_fopen(const char *path, const char *mode)
{
    const cookie_io_functions_t failing = { .read = fail_to_read };
    const char *name = strrchr(path, '/');

    const char *content = NULL;

    if (name && strcmp(name, "/comm") == 0)
        content = faults.comm;
    if (name && strcmp(name, "/maps") == 0)
        content = faults.maps;
    if (!content)
        return fopen(path, mode);
    if (strcmp(content, "-") == 0)
        return NULL;
    if (strcmp(content, "!") == 0)
        return fopencookie(NULL, "r", failing);
    return fmemopen((void *)(uintptr_t)content, strlen(content), "r");
}

/* ---- a libdw that fails --------------------------------------------------- */

static inline void *give_nothing(void)
{
    return NULL;
}

static inline int give_an_error(void)
{
    return -1;
}

static inline const char *give_a_name(void)
{
    return "bare.c";
}

/* The second register cannot be set. */
static inline bool give_every_other(void)
{
    static bool last;

    last = !last;
    return last;
}

static inline bool is_name(const char *a, const char *b)
{
    return a && strcmp(a, b) == 0;
}

void *faulty_dlopen(const char *path, int flags)
{
    if (faults.function && !*faults.function)
        return NULL;
    return dlopen(path, flags);
}

void *faulty_dlsym(void *library, const char *name)
{
    void *(*nothing)(void) = give_nothing;
    int (*error)(void) = give_an_error;
    const char *(*bare)(void) = give_a_name;
    bool (*other)(void) = give_every_other;
    void *function;

    if (is_name(faults.function, name))
        return NULL;
    function = dlsym(library, name);
    if (faults.broken && strcmp(faults.broken, "bare") == 0 &&
        strcmp(name, "dwfl_lineinfo") == 0)
        memcpy(&function, &bare, sizeof function);
    if (faults.broken && strcmp(faults.broken, "half") == 0 &&
        strcmp(name, "dwfl_thread_state_registers") == 0)
        memcpy(&function, &other, sizeof function);
    if (!is_name(faults.broken, name) && !is_name(faults.broken_too, name))
        return function;
    if (strstr(name, "report") || strstr(name, "find"))
        memcpy(&function, &error, sizeof function);
    else
        memcpy(&function, &nothing, sizeof function);
    return function;
}

/* ---- calling it ----------------------------------------------------------- */

static char text[1 << 18]; /* its output, both kinds */
static const char *output; /* a file that it cannot write to, instead */

static inline void read_back(int fd)
{
    ssize_t n = pread(fd, text, sizeof text - 1, 0);

    ASSERT_GE(n, 0);
    text[n] = '\0';
    close(fd);
}

static inline int call_with(int argc, char **argv)
{
    int fd = memfd_create("output", MFD_CLOEXEC);
    int out = dup(1);
    int err = dup(2);
    int status;

    ASSERT_OK(fd);
    ASSERT_OK(out);
    ASSERT_OK(err);
    fflush(NULL);
    dup2(fd, 1);
    dup2(fd, 2);
    if (output) {
        int full = open(output, O_WRONLY | O_CLOEXEC);

        ASSERT_OK(full);
        dup2(full, 1);
        close(full);
    }
    allocations = 0;
    reads = 0;
    pooled = 0;
    optind = 0;
    status = faulty_main(argc, argv);
    fflush(NULL);
    clearerr(stdout);
    dup2(out, 1);
    dup2(err, 2);
    close(out);
    close(err);
    read_back(fd);
    return status;
}

/* Its exit status when it looks at this process. */
static inline int call(const char *program, const char *option)
{
    char name[32];
    char flag[32];
    char pid[32];
    char *argv[] = { name, pid, option ? flag : NULL, NULL };

    snprintf(name, sizeof name, "%s", program);
    snprintf(flag, sizeof flag, "%s", option ? option : "");
    snprintf(pid, sizeof pid, "%d", (int)getpid());
    return call_with(option ? 3 : 2, argv);
}

static inline int call_failing(struct faults what, const char *program,
                               const char *option)
{
    int status;

    faults = what;
    status = call(program, option);
    faults = (struct faults){ 0 };
    return status;
}

/* ---- who is looked at ----------------------------------------------------- */

static volatile int zero;
static struct coil_lock lock = COIL_LOCK_INIT;
static struct coil_lock lost = COIL_LOCK_INIT;

/* An object that has a name, and one within it. */
static struct {
    struct coil_event event;
    struct coil_event second;
    int number;
} in_data = { .number = 1 };

static struct coil_event event;
static struct coil_event set_last;
static struct coil_future never;
static struct coil_loop *loop;
static struct coil_task *kept[80];
static size_t kept_count;

static inline struct coil_task *make(coil_fn fn, void *arg, const char *name)
{
    const struct coil_task_options options = { .name = name };
    struct coil_task *task;

    ASSERT_EQ(coil_task_create_with(&task, fn, arg, &options), 0);
    kept[kept_count++] = task;
    return task;
}

static inline int rest(void *arg)
{
    (void)arg;
    return coil_sleep(1000 * COIL_SECOND) + zero;
}

static inline int take(void *arg)
{
    return coil_lock_acquire(arg) + zero;
}

static inline int take_and_rest(void *arg)
{
    int rc = coil_lock_acquire(arg);

    return rc < 0 ? rc : rest(NULL) + zero;
}

static inline int await(void *arg)
{
    return coil_task_await(arg) + zero;
}

static struct coil_task *other;

static inline int await_other(void *arg)
{
    (void)arg;
    return coil_task_await(other) + zero;
}

/* A connection to itself. */
static inline int read_nothing(void *arg)
{
    struct coil_listener *listener;
    struct coil_address address;
    struct coil_stream *from;
    struct coil_stream *to;
    char byte;
    int rc;

    (void)arg;
    ASSERT_EQ(coil_tcp_listen(&listener, "127.0.0.1", 0), 0);
    coil_listener_address(listener, &address);
    ASSERT_EQ(coil_tcp_connect_address(&to, &address), 0);
    ASSERT_EQ(coil_listener_accept(listener, &from), 0);
    coil_listener_close(listener);
    rc = (int)coil_stream_read(from, &byte, 1) + zero;
    coil_stream_abort(from);
    coil_stream_abort(to);
    return rc;
}

static inline int wait_for_event(void *arg)
{
    return coil_event_wait(arg) + zero;
}

static inline int shield(void *arg)
{
    return coil_shield(coil_task_future(arg), NULL) + zero;
}

static inline int gather(void *arg)
{
    struct coil_future *futures[] = {
        coil_task_future(make(rest, NULL, "g0")),
        coil_task_future(make(rest, NULL, "g1")),
        &never,
    };

    (void)arg;
    return coil_gather(futures, 3, 0) + zero;
}

static inline int finish(void *arg)
{
    (void)arg;
    return zero;
}

static inline int ask_for_next(void *arg)
{
    struct coil_future *futures[] = {
        coil_task_future(make(rest, NULL, "n0")),
        coil_task_future(make(finish, NULL, "n1")),
        &never,
    };
    struct coil_future *next;
    struct coil_as_completed it;
    int rc = coil_as_completed_begin(&it, futures, 3, COIL_NEVER);

    (void)arg;
    if (rc < 0)
        return rc;
    do
        rc = coil_as_completed_next(&it, &next);
    while (rc >= 0);
    coil_as_completed_end(&it);
    return rc + zero;
}

static inline int fail_or_rest(void *arg)
{
    return arg ? rest(NULL) + zero : -EIO;
}

static inline int race(void *arg)
{
    struct coil_racer racers[] = {
        { .fn = fail_or_rest },
        { .fn = fail_or_rest, .arg = &never },
    };

    (void)arg;
    return coil_staggered_race(racers, 2, COIL_MILLISECOND) + zero;
}

static inline int deep(int depth)
{
    return (depth > 0 ? deep(depth - 1) : rest(NULL)) + zero;
}

/* It is not given back. */
static inline int take_and_end(void *arg)
{
    return coil_lock_acquire(arg) + zero;
}

static inline int await_future(void *arg)
{
    return coil_future_await(arg, NULL) + zero;
}

static inline int go_deep(void *arg)
{
    (void)arg;
    return deep(40) + zero;
}

static inline int grow_old(void *arg)
{
    struct coil_task_group group;
    int rc = coil_task_group_begin(&group);

    (void)arg;
    for (int i = 0; rc == 0 && i < 2; i++)
        rc = coil_task_group_create(&group, NULL, rest, NULL);
    return rc < 0 ? rc : coil_task_group_end(&group, 0) + zero;
}

/* All kinds of waits and of tasks. */
static inline int arrange_tasks(void *arg)
{
    struct coil_task *last = arg;
    struct coil_task *ready;
    struct coil_task *cancelled;

    for (int i = 0; i < 28; i++)
        last = make(await, last, "link");
    make(take_and_rest, &lock, "a");
    make(take, &lock, "b");
    make(take_and_end, &lost, "lost");
    make(take, &lost, "c");
    make(shield, last, "s");
    /* These never end. */
    other = make(await, make(await_other, NULL, "x"), "y");
    make(read_nothing, NULL, "stream");
    make(gather, NULL, "g");
    make(ask_for_next, NULL, "n");
    make(race, NULL, "r");
    make(grow_old, NULL, "group");
    make(go_deep, NULL, "deep");
    make(await_future, &never, "future");
    for (int i = 0; i < 4; i++)
        make(wait_for_event, &event, "e");
    make(wait_for_event, &in_data.event, "d");
    make(wait_for_event, &in_data.second, "i");
    ready = make(wait_for_event, &set_last, "ready");
    cancelled = make(rest, NULL, "cancelled");
    ASSERT_EQ(coil_sleep(10 * COIL_MILLISECOND), 0);
    make(rest, NULL, "new");
    coil_event_set(&set_last);
    coil_task_cancel(cancelled);
    (void)ready;
    coil_loop_stop(coil_loop_current());
    return rest(NULL);
}

static inline void begin(void)
{
    const struct coil_loop_options options = {
        .backend = COIL_BACKEND_SIMULATOR,
    };
    const struct coil_task_options first = { .name = "first" };
    struct coil_task **task = kept;

    ASSERT_EQ(coil_loop_new(&loop, &options), 0);
    ASSERT_EQ(coil_loop_create_task_with(loop, &task[0], rest, NULL, &first),
              0);
    ASSERT_EQ(coil_loop_create_task(loop, &task[1], arrange_tasks, task[0]), 0);
    kept_count = 2;
    ASSERT_EQ(coil_loop_run_forever(loop), 0);
    if (call("coil-ps", NULL) == 4 || strstr(text, " not implemented"))
        SKIP("this system lets nobody read a process");
}

static inline void ignore(struct coil_loop *of,
                          const struct coil_exception *exception, void *arg)
{
    (void)of;
    (void)exception;
    (void)arg;
}

static inline void end(void)
{
    while (kept_count > 0)
        coil_task_release(kept[--kept_count]);
    coil_loop_set_exception_handler(loop, ignore, NULL);
    ASSERT_EQ(coil_loop_close(loop, NULL), 0);
}

#endif
