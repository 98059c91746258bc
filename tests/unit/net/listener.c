/* SPDX-License-Identifier: MIT */
/*
 * Connecting and accepting: every connection is somebody's, whatever is
 * cancelled or closed meanwhile.
 */
#include "simulated.h"
#include "stream_test.h"

#include <fcntl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

struct accepting {
    struct coil_listener *listener;
    struct coil_stream *stream;
};

static int accept_one(void *arg)
{
    struct accepting *a = arg;

    return coil_listener_accept(a->listener, &a->stream);
}

STREAM_TEST(listener_takes_a_free_port)
{
    struct coil_listener *listener;
    struct coil_address address;
    char text[COIL_ADDRESS_STRING];

    listener = listening(&address);
    ASSERT_NE(coil_address_port(&address), 0);
    ASSERT_STR_CONTAINS(coil_address_string(&address, text), "127.0.0.1:");
    coil_listener_close(listener);
    coil_listener_close(NULL);
}

STREAM_TEST(listener_on_no_host_listens_everywhere)
{
    struct coil_listener *listener;
    struct coil_address address;

    ASSERT_EQ(coil_tcp_listen(&listener, NULL, 0), 0);
    coil_listener_address(listener, &address);
    ASSERT_NE(coil_address_port(&address), 0);
    coil_listener_close(listener);
}

STREAM_TEST(listener_refuses_an_address_in_use)
{
    struct coil_listener *listener;
    struct coil_listener *second;
    struct coil_address address;

    listener = listening(&address);
    ASSERT_EQ(
        coil_tcp_listen(&second, "127.0.0.1", coil_address_port(&address)),
        -EADDRINUSE);
    ASSERT_NULL(second);
    coil_listener_close(listener);
}

SOCKET_TEST(listener_and_stream_know_both_ends)
{
    struct coil_address own_of_a, own_of_b, peer_of_a, peer_of_b;
    char x[COIL_ADDRESS_STRING], y[COIL_ADDRESS_STRING];
    struct pair p = connected();

    coil_stream_local_address(p.a, &own_of_a);
    coil_stream_local_address(p.b, &own_of_b);
    coil_stream_peer_address(p.a, &peer_of_a);
    coil_stream_peer_address(p.b, &peer_of_b);
    ASSERT_STR_EQ(coil_address_string(&own_of_a, x),
                  coil_address_string(&peer_of_b, y));
    ASSERT_STR_EQ(coil_address_string(&own_of_b, x),
                  coil_address_string(&peer_of_a, y));
    ASSERT_NE(coil_address_port(&own_of_a), 0);
    hang_up(&p);
}

STREAM_TEST(listener_nobody_has_refuses_connections)
{
    struct coil_listener *listener;
    struct coil_address address;
    struct coil_stream *s;

    listener = listening(&address);
    coil_listener_close(listener);
    ASSERT_EQ(coil_tcp_connect_address(&s, &address), -ECONNREFUSED);
    ASSERT_NULL(s);
    ASSERT_EQ(coil_tcp_connect(&s, "127.0.0.1", coil_address_port(&address)),
              -ECONNREFUSED);
    ASSERT_NULL(s);
}

STREAM_TEST(listener_serves_those_who_accept_in_turn)
{
    struct coil_listener *listener;
    struct coil_address address;
    struct accepting a[5];
    struct coil_task *tasks[5];
    struct coil_stream *s[5];

    listener = listening(&address);
    for (int i = 0; i < 5; i++) {
        a[i] = (struct accepting){ listener, NULL };
        tasks[i] = start(accept_one, &a[i]);
    }
    settle();
    for (int i = 0; i < 5; i++)
        ASSERT_EQ(
            coil_tcp_connect(&s[i], "127.0.0.1", coil_address_port(&address)),
            0);
    for (int i = 0; i < 5; i++) {
        ASSERT_EQ(end_of(tasks[i]), 0);
        coil_stream_abort(a[i].stream);
        coil_stream_abort(s[i]);
    }
    coil_listener_close(listener);
}

STREAM_TEST(listener_closed_wakes_those_who_accept)
{
    struct coil_listener *listener;
    struct coil_address address;
    struct coil_task *tasks[3];
    struct accepting a[3];

    listener = listening(&address);
    for (int i = 0; i < 3; i++) {
        a[i] = (struct accepting){ listener, NULL };
        tasks[i] = start(accept_one, &a[i]);
    }
    settle();
    coil_listener_close(listener);
    for (int i = 0; i < 3; i++) {
        ASSERT_EQ(end_of(tasks[i]), -EBADF);
        ASSERT_NULL(a[i].stream);
    }
}

STREAM_TEST(listener_cancelled_accept_loses_no_connection)
{
    struct coil_listener *listener;
    struct coil_address address;
    struct accepting a;
    struct coil_stream *s;

    listener = listening(&address);
    for (int i = 0; i < 20; i++) {
        struct coil_task *task;
        int rc;

        a = (struct accepting){ listener, NULL };
        task = start(accept_one, &a);
        for (int n = 0; n < i % 4; n++)
            ASSERT_EQ(coil_yield(), 0);
        ASSERT_EQ(coil_tcp_connect_address(&s, &address), 0);
        for (int n = 0; n < i % 3; n++)
            ASSERT_EQ(coil_yield(), 0);
        /* Cancelled before, as, or after it took the connection. */
        (void)coil_task_cancel(task);
        rc = end_of(task);
        if (rc == -ECANCELED) {
            ASSERT_NULL(a.stream);
            ASSERT_EQ(coil_listener_accept(listener, &a.stream), 0);
        } else {
            ASSERT_EQ(rc, 0);
        }
        send_text(s, "x");
        ASSERT_EQ(coil_stream_close(s), 0);
        {
            char buffer[2];

            ASSERT_EQ(coil_stream_read(a.stream, buffer, 1), 1);
        }
        coil_stream_abort(a.stream);
    }
    coil_listener_close(listener);
}

struct connecting {
    const struct coil_address *address;
    struct coil_stream *stream;
};

static int connect_one(void *arg)
{
    struct connecting *c = arg;

    return coil_tcp_connect_address(&c->stream, c->address);
}

STREAM_TEST(listener_cancelled_connect_leaves_nothing_open)
{
    struct coil_listener *listener;
    struct coil_address address;

    listener = listening(&address);
    for (int i = 0; i < 8; i++) {
        struct connecting c = { &address, NULL };
        struct coil_task *task = start(connect_one, &c);
        int rc;

        for (int n = 0; n < i; n++)
            ASSERT_EQ(coil_yield(), 0);
        (void)coil_task_cancel(task);
        rc = end_of(task);
        ASSERT_EQ(rc == 0, c.stream != NULL);
        if (rc < 0)
            ASSERT_EQ(rc, -ECANCELED);
        coil_stream_abort(c.stream);
    }
    ASSERT(coil_task_cancel(coil_current_task()));
    {
        struct connecting c = { &address, NULL };

        ASSERT_EQ(connect_one(&c), -ECANCELED);
    }
    ASSERT(coil_task_cancel(coil_current_task()));
    {
        struct accepting a = { listener, NULL };

        ASSERT_EQ(accept_one(&a), -ECANCELED);
    }
    coil_listener_close(listener);
}

STREAM_TEST(listener_accept_in_a_timeout_scope_ends_in_time)
{
    struct coil_listener *listener;
    struct coil_address address;
    struct coil_timeout limit;
    struct coil_stream *s;

    listener = listening(&address);
    ASSERT_EQ(coil_timeout_begin(&limit, COIL_MILLISECOND), 0);
    ASSERT_EQ(coil_timeout_end(&limit, coil_listener_accept(listener, &s)),
              -ETIMEDOUT);
    coil_listener_close(listener);
}

/* ---- out of memory, out of descriptors ---- */

static int shortages;

static void count_shortages(struct coil_loop *loop,
                            const struct coil_exception *exception, void *arg)
{
    (void)loop;
    (void)arg;
    ASSERT(exception->error == -EMFILE || exception->error == -ENOMEM);
    shortages++;
}

STREAM_TEST(listener_without_memory_tries_again)
{
    struct accepting a = { NULL, NULL };
    struct coil_address address;
    struct coil_stream *s;
    struct coil_task *task;
    coil_time began;

    if (!simulated)
        return;
    shortages = 0;
    coil_loop_set_exception_handler(coil_loop_current(), count_shortages, NULL);
    a.listener = listening(&address);
    ASSERT_EQ(coil_tcp_connect_address(&s, &address), 0);
    began = coil_now();
    coil_test_fail_allocation(1, false);
    ASSERT_EQ(coil_listener_accept(a.listener, &a.stream), 0);
    ASSERT_EQ(shortages, 1);
    ASSERT_GE(coil_now(), began + COIL_SECOND);
    coil_stream_abort(s);
    coil_stream_abort(a.stream);

    /* Closed while it waits to try again, and cancelled. */
    for (int i = 0; i < 2; i++) {
        began = coil_now();
        task = start(accept_one, &a);
        coil_test_fail_allocation(1, false);
        while (shortages < 2 + i)
            ASSERT_EQ(coil_yield(), 0);
        if (i == 0) {
            ASSERT_EQ(end_by_cancelling(task), -ECANCELED);
        } else {
            coil_listener_close(a.listener);
            ASSERT_EQ(end_of(task), -EBADF);
        }
        ASSERT_LT(coil_now(), began + COIL_SECOND);
    }
    coil_loop_set_exception_handler(coil_loop_current(), NULL, NULL);
}

/* A listener, a connection, and a few bytes, as far as the memory goes. */
static int try_everything(void)
{
    struct coil_listener *listener;
    struct coil_address address;
    struct coil_stream *a, *b;
    char byte = 'x';
    ptrdiff_t rc;

    rc = coil_tcp_listen(&listener, "127.0.0.1", 0);
    if (rc < 0)
        return (int)rc;
    coil_listener_address(listener, &address);
    rc = coil_tcp_connect(&a, "127.0.0.1", coil_address_port(&address));
    if (rc < 0)
        goto close_listener;
    rc = coil_listener_accept(listener, &b);
    if (rc < 0)
        goto close_a;
    rc = coil_stream_write(a, &byte, 1);
    /* The kernel of the simulator may have no memory for it. */
    if (rc == 0)
        rc = coil_stream_flush(a);
    if (rc == 0)
        rc = coil_stream_read(b, &byte, 1);
    coil_stream_abort(b);
close_a:
    coil_stream_abort(a);
close_listener:
    coil_listener_close(listener);
    return (int)rc;
}

STREAM_TEST(listener_and_streams_fail_cleanly_without_memory)
{
    size_t before;
    size_t n = 0;

    if (!simulated || seed > 3)
        return;
    coil_loop_set_exception_handler(coil_loop_current(), count_shortages, NULL);
    do {
        int rc;

        before = coil_test_allocations();
        coil_test_fail_allocation(++n, false);
        rc = try_everything();
        ASSERT(rc == -ENOMEM || rc == 1);
    } while (coil_test_allocations() - before >= n);
    coil_test_fail_allocation(0, false);
    ASSERT_GT(n, 6);
    coil_loop_set_exception_handler(coil_loop_current(), NULL, NULL);
}

/* Use up all descriptors; returns how many files it opened. */
static int use_up(int files[64])
{
    int n = 0;

    while (n < 64) {
        int fd = open("/dev/null", O_RDONLY | O_CLOEXEC);

        if (fd < 0)
            return n;
        files[n++] = fd;
    }
    FAIL("the limit is too high");
}

static int highest_descriptor(void)
{
    int fd = open("/dev/null", O_RDONLY | O_CLOEXEC);

    ASSERT_GE(fd, 0);
    close(fd);
    return fd;
}

KERNEL_TEST(listener_without_descriptors_tries_again)
{
    struct coil_listener *listener;
    struct coil_address address;
    struct coil_stream *s, *t, *none;
    struct rlimit limit;
    struct coil_task *task;
    struct accepting a;
    int files[64];
    int n;

    shortages = 0;
    coil_loop_set_exception_handler(coil_loop_current(), count_shortages, NULL);
    listener = listening(&address);
    ASSERT_EQ(coil_tcp_connect_address(&s, &address), 0);
    ASSERT_EQ(getrlimit(RLIMIT_NOFILE, &limit), 0);
    limit.rlim_cur = (rlim_t)highest_descriptor() + 10;
    ASSERT_EQ(setrlimit(RLIMIT_NOFILE, &limit), 0);
    n = use_up(files);
    ASSERT_EQ(coil_tcp_connect_address(&none, &address), -EMFILE);

    a = (struct accepting){ listener, NULL };
    task = start(accept_one, &a);
    settle();
    ASSERT_EQ(shortages, 1);
    while (n > 0)
        close(files[--n]);
    ASSERT_EQ(end_of(task), 0);
    ASSERT_EQ(shortages, 1);
    t = a.stream;
    send_text(s, "x");
    ASSERT_EQ(coil_stream_read(t, files, 1), 1);
    coil_stream_abort(s);
    coil_stream_abort(t);
    coil_listener_close(listener);
}

/* ---- in the last moment ---- */

static struct coil_listener *closing;

/* Once there is a pause. */
static void close_it(void *task)
{
    if (shortages == 0)
        ASSERT_EQ(coil_test_probe(task, 1, COIL_TEST_DECIDED, close_it, task),
                  0);
    else
        coil_listener_close(closing);
}

/*
 * Cancelled, and closed before it hears of that: it was cancelled, unless that
 * takes its time.
 */
STREAM_TEST(listener_closed_behind_a_cancellation_says_cancelled)
{
    struct coil_address address;
    struct accepting a = { listening(&address), NULL };
    struct coil_task *task = start(accept_one, &a);
    int rc;

    settle();
    ASSERT(coil_task_cancel(task));
    coil_listener_close(a.listener);
    rc = end_of(task);
    ASSERT(rc == -ECANCELED || (seed > 0 && rc == -EBADF));
    ASSERT_NULL(a.stream);
}

/* The pause is over, and the task that made it has yet to run. */
STREAM_TEST(listener_closed_at_the_end_of_a_pause_accepts_nothing)
{
    struct accepting a = { NULL, NULL };
    struct coil_address address;
    struct coil_stream *s;
    struct coil_task *task;

    if (!simulated)
        return;
    shortages = 0;
    coil_loop_set_exception_handler(coil_loop_current(), count_shortages, NULL);
    closing = a.listener = listening(&address);
    ASSERT_EQ(coil_tcp_connect_address(&s, &address), 0);
    task = start(accept_one, &a);
    ASSERT_EQ(coil_test_probe(task, 1, COIL_TEST_DECIDED, close_it, task), 0);
    ASSERT_EQ(coil_test_fail_call(1, -EMFILE), 0);
    ASSERT_EQ(end_of(task), -EBADF);
    ASSERT_EQ(shortages, 1);
    ASSERT_NULL(a.stream);
    ASSERT_EQ(coil_test_probe(NULL, 0, COIL_TEST_DECIDED, NULL, NULL), 0);
    coil_stream_abort(s);
    coil_loop_set_exception_handler(coil_loop_current(), NULL, NULL);
}

/* Who is second meets a shortage, and is cancelled before it hears of that. */
STREAM_TEST(listener_cancelled_behind_a_shortage_makes_no_pause)
{
    struct accepting a = { NULL, NULL };
    struct accepting first;
    struct coil_task *other;
    struct coil_address address;
    struct coil_stream *s;
    struct coil_task *task;
    coil_time began;

    if (!simulated)
        return;
    shortages = 0;
    coil_loop_set_exception_handler(coil_loop_current(), count_shortages, NULL);
    a.listener = listening(&address);
    first = a;
    other = start(accept_one, &first);
    settle();
    task = start(accept_one, &a);
    ASSERT_EQ(coil_test_probe(task, 1, COIL_TEST_DECIDED, cancel, task), 0);
    settle();
    /* Two are to connect; the next call is to accept for who is second. */
    ASSERT_EQ(coil_test_fail_call(3, -EMFILE), 0);
    began = coil_now();
    ASSERT_EQ(coil_tcp_connect_address(&s, &address), 0);
    ASSERT_EQ(end_of(task), -ECANCELED);
    ASSERT_LT(coil_now(), began + COIL_SECOND);
    ASSERT_EQ(shortages, 0);
    ASSERT_NULL(a.stream);
    ASSERT_EQ(coil_test_probe(NULL, 0, COIL_TEST_DECIDED, NULL, NULL), 0);
    ASSERT_EQ(end_of(other), 0);
    coil_stream_abort(s);
    coil_stream_abort(first.stream);
    ASSERT_EQ(coil_tcp_connect_address(&s, &address), 0);
    ASSERT_EQ(accept_one(&a), 0);
    coil_stream_abort(s);
    coil_stream_abort(a.stream);
    coil_listener_close(a.listener);
    coil_loop_set_exception_handler(coil_loop_current(), NULL, NULL);
}

/* ---- addresses that the kernel does not tell ---- */

static bool is_refused;

/* C libraries declare it in their own ways: only the symbol is the same. */
int refuse_getsockname(int fd, void *address,
                       socklen_t *length) __asm__("getsockname");

int refuse_getsockname(int fd, void *address, socklen_t *length)
{
    if (!is_refused)
        return (int)syscall(SYS_getsockname, fd, address, length);
    errno = ENOBUFS;
    return -1;
}

KERNEL_TEST(listener_goes_on_when_the_kernel_does_not_tell_an_address)
{
    struct coil_listener *listener;
    struct coil_address address;
    struct coil_address own;
    struct coil_stream *s, *t;
    char byte;

    is_refused = true;
    ASSERT_EQ(coil_tcp_listen(&listener, "127.0.0.1", 0), 0);
    coil_listener_address(listener, &address);
    ASSERT_EQ(address.length, 0);
    ASSERT_EQ(coil_listener_addresses(listener, &address, 1), 1);
    ASSERT_EQ(address.length, 0);
    is_refused = false;
    coil_listener_address(listener, &address);
    ASSERT_EQ(coil_tcp_connect_address(&s, &address), 0);
    ASSERT_EQ(coil_listener_accept(listener, &t), 0);
    is_refused = true;
    coil_stream_local_address(t, &own);
    ASSERT_EQ(own.length, 0);
    send_text(s, "x");
    ASSERT_EQ(coil_stream_read(t, &byte, 1), 1);
    is_refused = false;
    coil_stream_local_address(t, &own);
    ASSERT_EQ(coil_address_port(&own), coil_address_port(&address));
    coil_stream_abort(s);
    coil_stream_abort(t);
    coil_listener_close(listener);
}

/* Each address then has a port of its own. */
KERNEL_TEST(listener_on_all_addresses_goes_on_without_knowing_the_port)
{
    struct coil_listener *listener;
    struct coil_address addresses[4];
    size_t count;

    is_refused = true;
    ASSERT_EQ(coil_tcp_listen(&listener, NULL, 0), 0);
    is_refused = false;
    count = coil_listener_addresses(listener, addresses, 4);
    ASSERT_GE(count, 1);
    for (size_t i = 0; i < count; i++)
        ASSERT_NE(coil_address_port(&addresses[i]), 0);
    coil_listener_close(listener);
}

/* ---- outside of a loop of coil's ---- */

static int everything(void *arg)
{
    struct coil_address address = { .length = 0 };
    struct coil_listener *listener;
    struct coil_stream *s;

    (void)arg;
    ASSERT_EQ(coil_tcp_connect(&s, "127.0.0.1", 1), -ENOTSUP);
    ASSERT_EQ(coil_tcp_connect_address(&s, &address), -ENOTSUP);
    ASSERT_EQ(coil_tcp_listen(&listener, "127.0.0.1", 0), -ENOTSUP);
    return 7;
}

TEST(listener_needs_a_loop_with_io)
{
    ASSERT_EQ(run_without_clock(everything, NULL), 7);
}
