/* SPDX-License-Identifier: MIT */
/*
 * coil-ps, as a part of this program: it looks at this process, and reading,
 * files and memory fail, or say what is not so.
 *
 * Nothing runs meanwhile, so that each time it does the same.
 */
/* TIMEOUT: 60 */
/* APP: coil-ps */
/* FAULTY: main calloc realloc process_vm_readv fopen dlopen dlsym nanosleep clock_gettime */
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
    size_t read_size; /* no read gives more than this; 0: any */
    bool restless;    /* the loop goes on while it is read */
    uint64_t seed;    /* for words that are not what is there; 0: all are */


    const char *maps;     /* instead of /proc/PID/maps; "-": there is none;
                             "!": reading fails */
    const char *function; /* that libdw has not got; "": there is no libdw */
    const char *broken;   /* functions of libdw that fail */
    const char *broken_too;
    const char *comm; /* the same for the name of a thread */
    void (*edit)(struct coil_introspection *table); /* what is read */
} faults;

static size_t allocations;
static size_t reads;

void *faulty_calloc(size_t count, size_t size)
{
    /* A damaged number of things is a large one: there is no room for them. */
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

/* The simulator's begins at 0, and this one stands still. */
static struct timespec now = { .tv_sec = 5 };

int faulty_clock_gettime(clockid_t clock, struct timespec *time)
{
    (void)clock;
    *time = now;
    return 0;
}

static uint64_t mixed(uint64_t z)
{
    z += 0x9e3779b97f4a7c15u;
    z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9u;
    z = (z ^ z >> 27) * 0x94d049bb133111ebu;
    return z ^ z >> 31;
}

/* Words that were read before: pointers to what is something else. */
static uintptr_t pool[256];
static size_t pooled;

static uintptr_t odd_word(uint64_t random, uintptr_t word)
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
 * One word in 64 is another one, the same in each run.  A loop is read twice, to
 * see whether it has changed, and has the same each time.
 */
static void damage(unsigned char *bytes, size_t size)
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

static ssize_t fail_to_read(void *cookie, char *to, size_t size)
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

static void *give_nothing(void)
{
    return NULL;
}

static int give_an_error(void)
{
    return -1;
}

static const char *give_a_name(void)
{
    return "bare.c";
}

/* The second register cannot be set. */
static bool give_every_other(void)
{
    static bool last;

    last = !last;
    return last;
}

static bool is_name(const char *a, const char *b)
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

static char text[1 << 18]; /* what it has written, to both */
static const char *output; /* where it cannot write to, instead */

static void read_back(int fd)
{
    ssize_t n = pread(fd, text, sizeof text - 1, 0);

    ASSERT_GE(n, 0);
    text[n] = '\0';
    close(fd);
}

static int call_with(int argc, char **argv)
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

/* Its exit status, when it looks at this process. */
static int call(const char *program, const char *option)
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

static int call_line(const char *a, const char *b)
{
    static char words[3][64];
    char *argv[] = { words[0], words[1], b ? words[2] : NULL, NULL };

    snprintf(words[0], sizeof words[0], "./coil-ps");
    snprintf(words[1], sizeof words[1], "%s", a);
    snprintf(words[2], sizeof words[2], "%s", b ? b : "");
    return call_with(b ? 3 : 2, argv);
}

static int call_failing(struct faults what, const char *program,
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

static struct coil_task *make(coil_fn fn, void *arg, const char *name)
{
    const struct coil_task_options options = { .name = name };
    struct coil_task *task;

    ASSERT_EQ(coil_task_create_with(&task, fn, arg, &options), 0);
    kept[kept_count++] = task;
    return task;
}

static int rest(void *arg)
{
    (void)arg;
    return coil_sleep(1000 * COIL_SECOND) + zero;
}

static int take(void *arg)
{
    return coil_lock_acquire(arg) + zero;
}

static int take_and_rest(void *arg)
{
    int rc = coil_lock_acquire(arg);

    return rc < 0 ? rc : rest(NULL) + zero;
}

static int await(void *arg)
{
    return coil_task_await(arg) + zero;
}

static struct coil_task *other;

static int await_other(void *arg)
{
    (void)arg;
    return coil_task_await(other) + zero;
}

/* From a connection to itself. */
static int read_nothing(void *arg)
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

static int wait_for_event(void *arg)
{
    return coil_event_wait(arg) + zero;
}

static int shield(void *arg)
{
    return coil_shield(coil_task_future(arg), NULL) + zero;
}

static int gather(void *arg)
{
    struct coil_future *futures[] = {
        coil_task_future(make(rest, NULL, "g0")),
        coil_task_future(make(rest, NULL, "g1")),
        &never,
    };

    (void)arg;
    return coil_gather(futures, 3, 0) + zero;
}

static int finish(void *arg)
{
    (void)arg;
    return zero;
}

static int ask_for_next(void *arg)
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

static int fail_or_rest(void *arg)
{
    return arg ? rest(NULL) + zero : -EIO;
}

static int race(void *arg)
{
    struct coil_racer racers[] = {
        { .fn = fail_or_rest },
        { .fn = fail_or_rest, .arg = &never },
    };

    (void)arg;
    return coil_staggered_race(racers, 2, COIL_MILLISECOND) + zero;
}

static int deep(int depth)
{
    return (depth > 0 ? deep(depth - 1) : rest(NULL)) + zero;
}

/* Without giving it back. */
static int take_and_end(void *arg)
{
    return coil_lock_acquire(arg) + zero;
}

static int await_future(void *arg)
{
    return coil_future_await(arg, NULL) + zero;
}

static int go_deep(void *arg)
{
    (void)arg;
    return deep(40) + zero;
}

static int grow_old(void *arg)
{
    struct coil_task_group group;
    int rc = coil_task_group_begin(&group);

    (void)arg;
    for (int i = 0; rc == 0 && i < 2; i++)
        rc = coil_task_group_create(&group, NULL, rest, NULL);
    return rc < 0 ? rc : coil_task_group_end(&group, 0) + zero;
}

/* As many kinds of waiting, and of tasks, as there are. */
static int arrange_tasks(void *arg)
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

static void begin(void)
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

static void ignore(struct coil_loop *of, const struct coil_exception *exception,
                   void *arg)
{
    (void)of;
    (void)exception;
    (void)arg;
}

static void end(void)
{
    while (kept_count > 0)
        coil_task_release(kept[--kept_count]);
    coil_loop_set_exception_handler(loop, ignore, NULL);
    ASSERT_EQ(coil_loop_close(loop, NULL), 0);
}

/* ---- as it is ------------------------------------------------------------- */

TEST(ps_inside_says_what_each_task_does)
{
    begin();
    ASSERT_EQ(call("coil-ps", "-f"), 0);
    ASSERT_STR_CONTAINS(text, "(test_ps_inside): not running, ");
    ASSERT_STR_CONTAINS(text, "  waits for task first  ");
    ASSERT_STR_CONTAINS(text, ", held by a  ");
    ASSERT_STR_CONTAINS(text, "which has ended");
    ASSERT_STR_CONTAINS(text, "  ready, cancelled  ");
    ASSERT_STR_CONTAINS(text, "  ready to run ");
    ASSERT_STR_CONTAINS(text, "  4.99 s  ");
    now = (struct timespec){ .tv_nsec = 500000000 };
    ASSERT_EQ(call("coil-ps", NULL), 0);
    ASSERT_STR_CONTAINS(text, "  490.0 ms  ");
    /* A clock that is behind says nothing. */
    now = (struct timespec){ .tv_nsec = 1 };
    ASSERT_EQ(call("coil-ps", NULL), 0);
    ASSERT_NULL(strstr(text, " ms  "));
    end();
}

TEST(ps_inside_says_who_awaits_whom)
{
    const char *event_in;

    begin();
    ASSERT_EQ(call("coil-ps", "-t"), 0);
    ASSERT_STR_CONTAINS(text, "\n  g, made at tests/system/ps_inside.c:");
    ASSERT_STR_CONTAINS(text, "\n    g1, made at tests/system/ps_inside.c:");
    ASSERT_STR_CONTAINS(text, "\n  ... and 5 more like this\n");
    /* A ring has a beginning all the same. */
    ASSERT_STR_CONTAINS(text, "\n  x, made at ");
    ASSERT_STR_CONTAINS(text, "\n    y, made at ");
    if (!strstr(text, "#0 "))
        SKIP("there is no libdw");
    ASSERT_NULL(strstr(text, " coil__operate at "));
    ASSERT_EQ(call("coil-ps", NULL), 0);
    event_in = strstr(text, "waits for event in_data");
    ASSERT_NOT_NULL(event_in);
    ASSERT_NOT_NULL(strstr(event_in, "+0x"));
    end();
}

TEST(ps_inside_output_cannot_be_written)
{
    begin();
    output = "/dev/full";
    if (access(output, W_OK) < 0)
        SKIP("there is no /dev/full");
    ASSERT_EQ(call("coil-ps", NULL), 1);
    ASSERT_STR_CONTAINS(text, "coil-ps: cannot write: ");
    ASSERT_STR_CONTAINS(text, strerror(ENOSPC));
    ASSERT_EQ(call("coil-pstree", NULL), 1);
    ASSERT_STR_CONTAINS(text, "coil-ps: cannot write: ");
    ASSERT_STR_CONTAINS(text, strerror(ENOSPC));
    ASSERT_EQ(call_line("--help", NULL), 1);
    ASSERT_EQ(call_line("--version", NULL), 1);
    output = NULL;
    ASSERT_EQ(call("coil-ps", NULL), 0);
    ASSERT_STR_CONTAINS(text, "loop 0x");
    end();
}

/* Nothing is left to be written at the end. */
TEST(ps_inside_output_without_a_buffer_cannot_be_written)
{
    if (access("/dev/full", W_OK) < 0)
        SKIP("there is no /dev/full");
    setvbuf(stdout, NULL, _IONBF, 0);
    output = "/dev/full";
    ASSERT_EQ(call_line("--help", NULL), 1);
    ASSERT_STR_CONTAINS(text, "coil-ps: cannot write: ");
}

/* ---- reading fails -------------------------------------------------------- */

/* As it was, again. */
static void expect_the_same(const char *program, const char *option,
                            const char *expected)
{
    ASSERT_EQ(call(program, option), 0);
    for (size_t i = 0; text[i] || expected[i]; i++) {
        if (text[i] != expected[i])
            FAIL("it says \"%.200s\" instead of \"%.200s\"", text + i,
                 expected + i);
    }
}

static char *what_there_is(const char *program, const char *option)
{
    char *copy;

    ASSERT_EQ(call(program, option), 0);
    copy = strdup(text);
    ASSERT_NOT_NULL(copy);
    return copy;
}

static void expect_status(int status)
{
    if (status < 0 || status > 6 || status == 2)
        FAIL("it ends with %d: %s", status, text);
    if (status != 0)
        ASSERT_STR_CONTAINS(text, "coil-ps: process ");
}

TEST(ps_inside_each_read_fails)
{
    static const int errors[] = { EFAULT, ESRCH, EPERM };
    char *expected;
    size_t count;

    begin();
    expected = what_there_is("coil-pstree", NULL);
    count = reads;
    for (size_t i = 1; i <= count; i++) {
        for (int k = 0; k < 6; k++) {
            const struct faults f = {
                .function = "",
                .read = i,
                .read_error = errors[k / 2],
                .reads_for_ever = k % 2,
            };

            if (i > 20 && k != (int)(i % 6))
                continue;
            expect_status(call_failing(f, "coil-pstree", NULL));
        }
    }
    expect_the_same("coil-pstree", NULL, expected);
    free(expected);
    end();
}

TEST(ps_inside_the_process_is_not_to_be_read)
{
    begin();
    ASSERT_EQ(call_failing((struct faults){ .read = 1, .read_error = EPERM },
                           "coil-ps", NULL),
              4);
    ASSERT_STR_CONTAINS(text, ": not permitted to read its memory\n");
    ASSERT_EQ(call_failing((struct faults){ .read = 1, .read_error = EACCES },
                           "coil-ps", NULL),
              4);
    ASSERT_EQ(call_failing((struct faults){ .read = 1, .read_error = ESRCH },
                           "coil-ps", NULL),
              3);
    ASSERT_STR_CONTAINS(text, ": there is none\n");
    ASSERT_EQ(call_failing((struct faults){ .read = 1, .read_error = EIO },
                           "coil-ps", NULL),
              1);
    ASSERT_STR_CONTAINS(text, strerror(EIO));
    end();
}

TEST(ps_inside_memory_is_damaged)
{
    static const char *const options[] = { NULL, "-f", "-t" };
    char *expected;

    begin();
    expected = what_there_is("coil-ps", NULL);
    for (uint64_t seed = 1; seed <= 150; seed++)
        expect_status(call_failing((struct faults){ .seed = seed }, "coil-ps",
                                   options[seed % 3]));
    expect_the_same("coil-ps", NULL, expected);
    free(expected);
    end();
}

TEST(ps_inside_each_allocation_fails)
{
    char *expected;
    size_t count;

    begin();
    expected = what_there_is("coil-pstree", NULL);
    count = allocations;
    ASSERT_GT(count, 5);
    for (size_t i = 1; i <= count; i++) {
        const struct faults f = { .allocation = i };

        expect_status(call_failing(f, "coil-pstree", NULL));
        expect_status(call_failing(f, "coil-ps", NULL));
    }
    ASSERT_EQ(call_failing((struct faults){ .allocation = 1 }, "coil-ps", NULL),
              1);
    ASSERT_STR_CONTAINS(text, strerror(ENOMEM));
    expect_the_same("coil-pstree", NULL, expected);
    free(expected);
    end();
}

TEST(ps_inside_libdw_lacks_a_function_or_fails)
{
    static const char *const names[] = {
        "dwfl_begin",
        "dwfl_end",
        "dwfl_linux_proc_report",
        "dwfl_report_end",
        "dwfl_linux_proc_find_elf",
        "dwfl_build_id_find_debuginfo",
        "dwfl_attach_state",
        "dwfl_getthread_frames",
        "dwfl_thread_state_registers",
        "dwfl_thread_state_register_pc",
        "dwfl_frame_pc",
        "dwfl_addrmodule",
        "dwfl_module_addrinfo",
        "dwfl_module_info",
        "dwfl_module_getsrc",
        "dwfl_lineinfo",
    };
    char *expected;

    begin();
    expected = what_there_is("coil-ps", "-f");
    ASSERT_EQ(call_failing((struct faults){ .function = "" }, "coil-ps", "-f"),
              0);
    ASSERT_NULL(strstr(text, "#0 "));
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        ASSERT_EQ(call_failing((struct faults){ .function = names[i] },
                               "coil-pstree", NULL),
                  0);
        ASSERT_NULL(strstr(text, "#0 "));
        /* These two have no result. */
        if (strcmp(names[i], "dwfl_end") == 0 ||
            strcmp(names[i], "dwfl_thread_state_register_pc") == 0)
            continue;
        ASSERT_EQ(call_failing((struct faults){ .broken = names[i] }, "coil-ps",
                               "-f"),
                  0);
        ASSERT_STR_CONTAINS(text, "waits for sleep");
    }
    ASSERT_EQ(
        call_failing((struct faults){ .broken = "bare" }, "coil-ps", "-f"), 0);
    ASSERT_EQ(
        call_failing((struct faults){ .broken = "half" }, "coil-ps", "-f"), 0);
    ASSERT_NULL(strstr(text, "#0 "));
    ASSERT_EQ(
        call_failing((struct faults){ .broken = "dwfl_module_info",
                                      .broken_too = "dwfl_module_getsrc" },
                     "coil-ps", "-f"),
        0);
    expect_the_same("coil-ps", "-f", expected);
    free(expected);
    end();
}

/* The lists could be read, and the stacks cannot. */
TEST(ps_inside_stacks_cannot_be_read)
{
    size_t before;
    size_t count;

    begin();
    ASSERT_EQ(call_failing((struct faults){ .function = "" }, "coil-ps", NULL),
              0);
    before = reads;
    ASSERT_EQ(call("coil-ps", NULL), 0);
    count = reads;
    for (size_t i = before + 1; i <= count; i += 17) {
        const struct faults f = {
            .read = i,
            .read_error = EFAULT,
            .reads_for_ever = true,
        };

        ASSERT_EQ(call_failing(f, "coil-ps", NULL), 0);
        ASSERT_STR_CONTAINS(text, "  waits for task first  ");
    }
    end();
}

TEST(ps_inside_a_thread_has_no_name)
{
    begin();
    ASSERT_EQ(call_failing((struct faults){ .comm = "-" }, "coil-ps", NULL), 0);
    ASSERT_STR_CONTAINS(text, " (?): not running, ");
    ASSERT_EQ(call_failing((struct faults){ .comm = "!" }, "coil-ps", NULL), 0);
    ASSERT_STR_CONTAINS(text, " (?): not running, ");
    end();
}

/* ---- a table that is another ---------------------------------------------- */

static size_t edited;         /* the field … */
static uint32_t edited_value; /* … and what it says */

static void rename_field(struct coil_introspection *table)
{
    table->fields[edited].name[0] = '?';
}

static void change_field(struct coil_introspection *table)
{
    table->fields[edited].value = edited_value;
}

TEST(ps_inside_a_field_is_missing)
{
    const struct faults f = { .function = "", .edit = rename_field };
    size_t refused = 0;
    char *expected;

    begin();
    expected = what_there_is("coil-ps", NULL);
    for (edited = 0; edited < coil_introspection.field_count; edited++) {
        int status = call_failing(f, "coil-ps", NULL);

        if (status == 0)
            continue;
        ASSERT_EQ(status, 6);
        ASSERT_STR_CONTAINS(text, ": its coil lacks a field that is needed\n");
        refused++;
    }
    /* There are a few that it does not ask for. */
    ASSERT_GT(refused, coil_introspection.field_count / 2);
    expect_the_same("coil-ps", NULL, expected);
    free(expected);
    end();
}

TEST(ps_inside_a_field_is_somewhere_else)
{
    static const uint32_t values[] = { 0, 1, 600, 5000, UINT32_MAX };
    const struct faults f = { .function = "", .edit = change_field };
    char *expected;

    begin();
    expected = what_there_is("coil-ps", NULL);
    for (size_t i = 0; i < sizeof values / sizeof *values; i++) {
        edited_value = values[i];
        for (edited = 0; edited < coil_introspection.field_count; edited++)
            expect_status(
                call_failing(f, i % 2 ? "coil-ps" : "coil-pstree", NULL));
    }
    expect_the_same("coil-ps", NULL, expected);
    free(expected);
    end();
}

static void forget_registers(struct coil_introspection *table)
{
    for (uint32_t i = 0; i < table->field_count; i++) {
        if (strcmp(table->fields[i].name, "task.has_registers") == 0)
            table->fields[i].value = 0;
    }
}

/* What has not begun looks as if it had. */
static void forget_what_is_new(struct coil_introspection *table)
{
    for (uint32_t i = 0; i < table->field_count; i++) {
        if (strcmp(table->fields[i].name, "state.new") == 0)
            table->fields[i].value = 99;
    }
}

TEST(ps_inside_a_task_has_only_the_frame_that_begins_it)
{
    begin();
    ASSERT_EQ(call_failing((struct faults){ .edit = forget_what_is_new },
                           "coil-pstree", NULL),
              0);
    ASSERT_STR_CONTAINS(text, "\n  new, made at ");
    ASSERT_STR_CONTAINS(strstr(text, "\n  new, "), ": ready\n");
    ASSERT_NULL(strstr(strstr(text, "\n  new, "), "#0 "));
    end();
}

TEST(ps_inside_a_loop_never_rests)
{
    begin();
    ASSERT_EQ(
        call_failing((struct faults){ .restless = true }, "coil-ps", NULL), 0);
    ASSERT_STR_CONTAINS(text, " tasks; it ran while this was read\n");
    ASSERT_STR_CONTAINS(text, "  waits for task first  ");
    ASSERT_EQ(call("coil-ps", NULL), 0);
    ASSERT_NULL(strstr(text, "; it ran"));
    end();
}

TEST(ps_inside_another_processor_has_no_frames)
{
    begin();
    ASSERT_EQ(call_failing((struct faults){ .edit = forget_registers },
                           "coil-ps", "-f"),
              0);
    ASSERT_STR_CONTAINS(text, "  waits for task first  ");
    ASSERT_NULL(strstr(text, "#0 "));
    end();
}

/* As many futures as a queue's address. */
static void count_wrongly(struct coil_introspection *table)
{
    static const int32_t far = offsetof(struct coil_waiter, queue);

    table->futures_count = &far;
}

TEST(ps_inside_too_many_futures)
{
    begin();
    ASSERT_EQ(call_failing((struct faults){ .edit = count_wrongly },
                           "coil-pstree", NULL),
              0);
    ASSERT_STR_CONTAINS(text, "\n  g, made at ");
    ASSERT_NULL(strstr(text, "\n    g0, made at "));
    end();
}

static void other_version(struct coil_introspection *table)
{
    table->version++;
}

static void other_pointers(struct coil_introspection *table)
{
    table->pointer_size ^= 12;
}

static void other_fields(struct coil_introspection *table)
{
    table->field_size++;
}

static void more_fields(struct coil_introspection *table)
{
    table->field_count = COIL_INTROSPECTION_FIELDS_MAX + 1;
}

TEST(ps_inside_the_table_is_of_another_version)
{
    static void (*const edits[])(struct coil_introspection * table) = {
        other_version,
        other_pointers,
        other_fields,
        more_fields,
    };

    begin();
    for (size_t i = 0; i < sizeof edits / sizeof *edits; i++) {
        ASSERT_EQ(
            call_failing((struct faults){ .edit = edits[i] }, "coil-ps", NULL),
            6);
        ASSERT_STR_CONTAINS(text, "of a version that this program does not ");
    }
    ASSERT_EQ(call("coil-ps", NULL), 0);
    end();
}

/* Two that are each other's next. */
static struct coil_loop round_loops[2];
static struct coil_loop *round_first = &round_loops[0];

static void go_round(struct coil_introspection *table)
{
    round_loops[0].next = &round_loops[1];
    round_loops[1].next = &round_loops[0];
    table->loops = &round_first;
}

TEST(ps_inside_a_list_never_ends)
{
    begin();
    ASSERT_EQ(
        call_failing((struct faults){ .edit = go_round }, "coil-pstree", NULL),
        0);
    ASSERT_STR_CONTAINS(text, ": not running, 0 tasks\n");
    ASSERT_EQ(call("coil-pstree", NULL), 0);
    ASSERT_STR_CONTAINS(text, "Task-2, made at");
    end();
}

/* ---- how it is called ----------------------------------------------------- */

TEST(ps_inside_options_are_wrong)
{
    static const char *const wrong[] = {
        "", "0", "-5", "1x", "x", "4294967297", "99999999999999999999999",
    };

    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        ASSERT_EQ(call_line("--", wrong[i]), 2);
        ASSERT_STR_CONTAINS(text, "the id of one process is expected");
    }
    ASSERT_EQ(call_line("1", "2"), 2);
    ASSERT_STR_CONTAINS(text, "the id of one process is expected");
    ASSERT_EQ(call_line("-f", NULL), 2);
    ASSERT_EQ(call_line("--nonsense", "1"), 2);
    ASSERT_STR_CONTAINS(text, "nonsense");
    ASSERT_EQ(call_line("--help", NULL), 0);
    ASSERT_STR_CONTAINS(text, "Usage: coil-ps [OPTION]... PID\n");
    ASSERT_EQ(call_line("--version", NULL), 0);
    ASSERT_STR_EQ(text, "coil-ps " COIL_VERSION_STRING "\n");
}

/* ---- files ---------------------------------------------------------------- */

TEST(ps_inside_maps_cannot_be_read)
{
    begin();
    ASSERT_EQ(call_failing((struct faults){ .maps = "!", .read_error = ESRCH },
                           "coil-ps", NULL),
              3);
    ASSERT_EQ(call_failing((struct faults){ .maps = "!", .read_error = EIO },
                           "coil-ps", NULL),
              1);
    end();
}

struct small_file {
    ElfW(Ehdr) header;
    ElfW(Phdr) parts[2];
    ElfW(Shdr) sections[3];
    char names[64];
};

/* A file that says that the table of this process is where it is. */
static struct small_file small_file(void)
{
    struct small_file f = {
        .header = {
            .e_phoff = offsetof(struct small_file, parts),
            .e_phnum = 2,
            .e_phentsize = sizeof(ElfW(Phdr)),
            .e_shoff = offsetof(struct small_file, sections),
            .e_shnum = 3,
            .e_shentsize = sizeof(ElfW(Shdr)),
            .e_shstrndx = 1,
        },
        .parts = {
            { .p_type = PT_LOAD, .p_offset = 4096 },
            { .p_type = PT_LOAD, .p_vaddr = 0x10000 },
        },
        .sections = {
            { .sh_name = 0 },
            { .sh_name = 0, .sh_offset = offsetof(struct small_file, names),
              .sh_size = sizeof f.names },
            { .sh_name = 1, .sh_addr = 0x10000 },
        },
    };

    memcpy(f.header.e_ident, ELFMAG, SELFMAG);
    f.header.e_ident[EI_CLASS] = sizeof(void *) == 8 ? ELFCLASS64 : ELFCLASS32;
    snprintf(f.names + 1, sizeof f.names - 1, "%s", COIL_INTROSPECTION_SECTION);
    return f;
}

/* The status with this file alone mapped. */
static int look_into(const struct small_file *f, size_t size)
{
    char line[256];
    int fd = memfd_create("file", 0);
    int status;

    ASSERT_OK(fd);
    ASSERT_EQ(write(fd, f, size), (ssize_t)size);
    snprintf(line, sizeof line,
             "%llx-%llx r--p 00000000 00:01 99999999 /proc/%d/fd/%d\n",
             (unsigned long long)(uintptr_t)&coil_introspection,
             (unsigned long long)(uintptr_t)(&coil_introspection + 1),
             (int)getpid(), fd);
    status = call_failing((struct faults){ .maps = line }, "coil-ps", NULL);
    close(fd);
    return status;
}

#define EXPECT_FILE(status, change)                                            \
    do {                                                                       \
        struct small_file f = small_file();                                    \
        change;                                                                \
        ASSERT_EQ(look_into(&f, sizeof f), status);                            \
    } while (0)

TEST(ps_inside_files_are_damaged)
{
    struct small_file whole = small_file();

    begin();
    EXPECT_FILE(0, (void)f);
    ASSERT_STR_CONTAINS(text, "loop 0x");
    EXPECT_FILE(5, f.header.e_ident[0] = 'x');
    ASSERT_STR_CONTAINS(text, ": it does not use coil\n");
    EXPECT_FILE(5, f.header.e_ident[EI_CLASS] = 7);
    EXPECT_FILE(5, f.header.e_shentsize = 1);
    EXPECT_FILE(5, f.header.e_phentsize = 1);
    EXPECT_FILE(5, f.header.e_shoff = 1 << 20);
    EXPECT_FILE(5, f.header.e_shoff++);
    EXPECT_FILE(5, f.header.e_shnum = 1000);
    EXPECT_FILE(5, f.header.e_shstrndx = 3);
    EXPECT_FILE(5, f.sections[1].sh_offset = 1 << 20);
    EXPECT_FILE(5, f.sections[1].sh_size = 1 << 20);
    EXPECT_FILE(5, f.sections[2].sh_name = 1000);
    EXPECT_FILE(5, f.sections[2].sh_name = sizeof f.names - 2);
    EXPECT_FILE(5, f.names[1] = 'x');
    EXPECT_FILE(5, f.header.e_phoff = 1 << 20);
    EXPECT_FILE(5, f.parts[1].p_type = PT_NULL);
    EXPECT_FILE(5, f.parts[1].p_offset = 8);
    /* It is elsewhere: in memory that is something else, or nothing. */
    EXPECT_FILE(5, f.sections[2].sh_addr += 64);
    EXPECT_FILE(1, f.sections[2].sh_addr -= (uintptr_t)&coil_introspection - 8);
    ASSERT_STR_CONTAINS(text, strerror(EFAULT));
    ASSERT_EQ(look_into(&whole, sizeof whole.header), 5);
    ASSERT_EQ(look_into(&whole, sizeof whole.header + 1), 5);
    end();
}

TEST(ps_inside_maps_are_damaged)
{
    static const char *const wrong[] = {
        "",
        "\n",
        "what\n",
        "1000-2000 r--p 00000000 00:01 5\n",
        "1000-2000 r--p 00001000 00:01 5 /etc/passwd\n",
        "1000-2000 r--p 00000000 00:01 0 [stack]\n",
        "1000-2000 r--p 00000000 00:01 5 /no/such/file\n",
        "1000-2000 r--p 00000000 00:01 5 /proc\n",
        "1000-2000 r--p 00000000 00:01 5 /etc/passwd\n",
    };
    static char line[8192];
    char path[4000];
    ssize_t n;

    begin();
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        ASSERT_EQ(
            call_failing((struct faults){ .maps = wrong[i] }, "coil-ps", NULL),
            5);
        ASSERT_STR_CONTAINS(text, ": it does not use coil\n");
    }
    /* Nor is there any more of that process. */
    faults.maps = wrong[8];
    ASSERT_EQ(call_line("999999999", NULL), 5);
    faults.maps = NULL;
    /* The program itself, by its path alone. */
    n = readlink("/proc/self/exe", path, sizeof path - 1);
    ASSERT_GT(n, 0);
    path[n] = '\0';
    snprintf(line, sizeof line, "%llx-%llx r--p 00000000 00:01 99999999 %s\n",
             1ULL << 12, 1ULL << 13, path);
    ASSERT_EQ(call_failing((struct faults){ .maps = line }, "coil-ps", NULL),
              1);
    ASSERT_STR_CONTAINS(text, strerror(EFAULT));
    /* Longer than a path may be. */
    snprintf(line, sizeof line, "1000-2000 r--p 00000000 00:01 5 /");
    memset(line + strlen(line), 'x', 6000);
    ASSERT_EQ(call_failing((struct faults){ .maps = line }, "coil-ps", NULL),
              5);
    ASSERT_EQ(call("coil-ps", NULL), 0);
    end();
}
