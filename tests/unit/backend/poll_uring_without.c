/* SPDX-License-Identifier: MIT */
/* LABELS: threads */
/*
 * poll_uring_without.c - where the ring cannot be, or cannot stay
 *
 * A sandbox refuses one of its calls, a host wants a descriptor, another thread
 * runs the loop, or the process is a child of fork().
 */
#include <pthread.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <coil/fd.h>
#include <coil/loop.h>

#include "backend/uring.h"
#include "base/memory.h"
#include "poll_test.h"
#include "sandbox.h"

/* The numbers are those of all processors. */
enum { URING_SETUP = 425, URING_ENTER = 426, URING_REGISTER = 427 };

static struct child child;

static struct coil__backend *open_uring(void)
{
    struct coil__backend *backend;
    int rc = coil__uring_open(&backend);

    if (rc < 0)
        SKIP(strerror(-rc));
    return backend;
}

/* Whether there is a ring here. */
static bool need_uring(void)
{
    struct coil__backend *backend = open_uring();

    backend->ops->close(backend);
    return true;
}

static void look(struct coil__backend *backend)
{
    ASSERT_EQ(backend->ops->wait(backend, 0), 0);
}

/* Both directions of a pair, and a foreign descriptor. */
struct use {
    struct coil__backend *backend;
    struct pair pair;
    struct probe read;
    struct probe ready;
    char data[4];
    int pipe[2];
};

static void begin_use(struct use *use, struct coil__backend *backend)
{
    *use = (struct use){ .backend = backend, .pair = open_pair(backend) };
    ASSERT_EQ(pipe(use->pipe), 0);
    ASSERT(!probe_read(backend, &use->read, use->pair.client, use->data, 4));
    use->ready.op = (struct coil_op){
        .kind = COIL_OP_READY,
        .fd = use->pipe[0],
        .events = COIL_READABLE,
    };
    ASSERT(!probe_begin(backend, &use->ready));
}

static void end_use(struct use *use)
{
    ASSERT(!use->read.done);
    send_all(use->backend, use->pair.server, "abc", 3);
    ASSERT_EQ(probe_wait(use->backend, &use->read), 3);
    ASSERT_MEM_EQ(use->data, "abc", 3);
    ASSERT_EQ(write(use->pipe[1], "x", 1), 1);
    ASSERT_EQ(probe_wait(use->backend, &use->ready), COIL_READABLE);
    ASSERT_EQ(use->backend->pending, 0);
    close(use->pipe[0]);
    close(use->pipe[1]);
    close_pair(use->backend, use->pair);
    use->backend->ops->close(use->backend);
}

/* ---- a sandbox ------------------------------------------------------------ */

static int do_nothing(void *arg)
{
    (void)arg;
    return 0;
}

static void run_debugged(void *arg)
{
    const struct coil_loop_options options = { .backend = COIL_BACKEND_URING,
                                               .debug = true };

    refuse(*(const int *)arg, EPERM);
    ASSERT_EQ(coil_run_with(do_nothing, NULL, &options), 0);
}

TEST(poll_uring_without_its_calls_is_epoll_and_says_why)
{
    int call;

    need_uring();
    for (call = URING_SETUP; call <= URING_ENTER; call++) {
        sandbox_run(&child, run_debugged, &call);
        ASSERT_CHILD_EXITED(&child, 0);
        ASSERT_STR_CONTAINS(child.text, "coil: no io_uring, epoll instead: ");
    }
    sandbox_run(&child, run_debugged, &(int){ URING_REGISTER });
    ASSERT_CHILD_EXITED(&child, 0);
}

/* The ring is open, and is refused when it is to be used. */
static void use_what_is_refused(void *arg)
{
    struct coil__backend *backend = open_uring();
    struct use use;

    refuse(*(const int *)arg, EPERM);
    begin_use(&use, backend);
    end_use(&use);
}

TEST(poll_uring_without_the_call_to_enter_it_goes_on_by_epoll)
{
    need_uring();
    for (int call = URING_ENTER; call <= URING_REGISTER; call++) {
        sandbox_run(&child, use_what_is_refused, &call);
        ASSERT_CHILD_EXITED(&child, 0);
    }
}

static void open_in_vain(void *arg)
{
    struct coil__backend *backend;
    size_t live = coil__alloc_live();

    refuse(URING_SETUP, *(const int *)arg);
    ASSERT_EQ(coil__uring_open(&backend), -*(const int *)arg);
    ASSERT_EQ(coil__alloc_live(), live);
}

TEST(poll_uring_without_a_ring_leaves_nothing)
{
    need_uring();
    sandbox_run(&child, open_in_vain, &(int){ ENOMEM });
    ASSERT_CHILD_EXITED(&child, 0);
    sandbox_run(&child, open_in_vain, &(int){ ENOSYS });
    ASSERT_CHILD_EXITED(&child, 0);
}

static coil_time in_a_second(struct coil__backend *backend)
{
    return backend->ops->now(backend) + COIL_SECOND;
}

/* Nothing but the epoll set is in the ring. */
TEST(poll_uring_without_new_requests_it_watches_the_set_on)
{
    struct coil__backend *backend = open_uring();
    struct probe ready = { 0 };
    char byte;
    int fd[2];

    ASSERT_EQ(pipe(fd), 0);
    for (int i = 0; i < 3; i++) {
        ready.op = (struct coil_op){
            .kind = COIL_OP_READY,
            .fd = fd[0],
            .events = COIL_READABLE,
        };
        ASSERT(!probe_begin(backend, &ready));
        look(backend);
        ASSERT_EQ(write(fd[1], "x", 1), 1);
        for (int j = 0; j < 3 && !ready.done; j++)
            ASSERT_EQ(backend->ops->wait(backend, in_a_second(backend)), 0);
        ASSERT(ready.done);
        ASSERT_EQ(ready.op.result, COIL_READABLE);
        ASSERT_EQ(read(fd[0], &byte, 1), 1);
    }
    close(fd[0]);
    close(fd[1]);
    backend->ops->close(backend);
}

/* ---- a host --------------------------------------------------------------- */

TEST(poll_uring_without_a_ring_a_host_can_wait)
{
    struct coil__backend *backend = open_uring();
    struct use use;
    int fd;

    begin_use(&use, backend);
    look(backend);
    fd = backend->ops->descriptor(backend);
    ASSERT_OK(fd);
    ASSERT_EQ(backend->ops->descriptor(backend), fd);
    end_use(&use);
}

/* ---- another thread ------------------------------------------------------- */

/* The thread runs the loop, and ends while operations wait. */
static void *run_for_a_while(void *arg)
{
    struct use *use = arg;

    begin_use(use, use->backend);
    look(use->backend);
    look(use->backend);
    use->backend->ops->leave(use->backend);
    return NULL;
}

static void run_in_a_thread(void *(*run)(void *), void *arg)
{
    pthread_t thread;

    ASSERT_EQ(pthread_create(&thread, NULL, run, arg), 0);
    ASSERT_EQ(pthread_join(thread, NULL), 0);
}

TEST(poll_uring_without_the_thread_that_enabled_it_goes_on)
{
    struct use use = { .backend = open_uring() };

    run_in_a_thread(run_for_a_while, &use);
    look(use.backend);
    end_use(&use);
}

/* Nothing was looked at since, and the new thread cancels and closes. */
TEST(poll_uring_without_that_thread_cancels_and_closes)
{
    struct use use = { .backend = open_uring() };
    struct coil__backend *backend = use.backend;

    run_in_a_thread(run_for_a_while, &use);
    ASSERT_EQ(probe_cancel(backend, &use.read), -ECANCELED);
    ASSERT_EQ(probe_cancel(backend, &use.ready), -ECANCELED);
    close_pair(backend, use.pair);
    close(use.pipe[0]);
    close(use.pipe[1]);
    ASSERT_EQ(backend->pending, 0);
    backend->ops->close(backend);
}

/* A request for readiness is left in the ring of the thread that has ended. */
static void *leave_a_request(void *arg)
{
    struct use *use = arg;

    use->pair = open_pair(use->backend);
    use->read.op =
        (struct coil_op){ .kind = COIL_OP_PEEK, .fd = use->pair.client };
    ASSERT(!probe_begin(use->backend, &use->read));
    look(use->backend);
    use->backend->ops->leave(use->backend);
    return NULL;
}

TEST(poll_uring_without_that_thread_closes_what_the_ring_holds)
{
    struct use use = { .backend = open_uring() };
    struct coil__backend *backend = use.backend;
    struct probe end = { 0 };
    char byte;

    run_in_a_thread(leave_a_request, &use);
    ASSERT(!probe_read(backend, &end, use.pair.server, &byte, 1));
    backend->ops->close_socket(backend, use.pair.client);
    ASSERT_EQ(use.read.op.result, -EBADF);
    ASSERT_EQ(probe_wait(backend, &end), 0);
    backend->ops->close_socket(backend, use.pair.server);
    backend->ops->close(backend);
}

/* ---- a child -------------------------------------------------------------- */

static void forget_in_child(void *arg)
{
    struct use *use = arg;
    struct coil__backend *backend = use->backend;

    backend->ops->forked(backend);
    backend->ops->cancel(backend, &use->read.op);
    backend->ops->cancel(backend, &use->ready.op);
    backend->ops->wake(backend);
    backend->ops->close(backend);
    memset(use->data, 'X', sizeof use->data);
}

TEST(poll_uring_without_a_share_in_it_a_child_disturbs_nobody)
{
    struct coil__backend *backend = open_uring();
    struct use use;

    begin_use(&use, backend);
    look(backend);
    child_run(&child, forget_in_child, &use);
    ASSERT_CHILD_EXITED(&child, 0);
    end_use(&use);
}
