/* SPDX-License-Identifier: MIT */
/* TIMEOUT: 60 */
/*
 * A task that is always busy stops no other: one test for each way to be busy.
 */
#include <coil/splice.h>

#include "fairness_shared_test.h"

/* ---- streams ---- */

static int write_and_drain(void *arg)
{
    int rc = 0;

    while (rc == 0 && !is_over) {
        rc = coil_stream_write(arg, "x", 1);
        if (rc == 0)
            rc = coil_stream_drain(arg);
        operations++;
    }
    return rc;
}

FAIRNESS_TEST(fairness_beside_a_task_that_writes_and_drains)
{
    struct pair p = connected();
    struct coil_task *reader = start(read_all, p.b);

    flood_with(write_and_drain, p.a);
    expect_punctual_ticks();
    end_floods();
    coil_task_cancel(reader);
    end_of(reader);
    hang_up(&p);
}

static int file;

static int send_file(void *arg)
{
    int rc = 0;

    while (rc == 0 && !is_over) {
        rc = coil_stream_send_file(arg, file, 0, -1, NULL);
        operations++;
    }
    return rc;
}

FAIRNESS_TEST(fairness_beside_a_task_that_sends_a_file)
{
    char name[] = "/tmp/coil-fairness-XXXXXX";
    struct pair p = connected();
    struct coil_task *reader = start(read_all, p.b);

    file = mkstemp(name);
    ASSERT_GE(file, 0);
    unlink(name);
    ASSERT_EQ(ftruncate(file, 1 << 20), 0);
    flood_with(send_file, p.a);
    expect_punctual_ticks();
    end_floods();
    coil_task_cancel(reader);
    end_of(reader);
    close(file);
    hang_up(&p);
}

static struct pair source; /* of a task that splices */

static int splice_all(void *arg)
{
    int rc = 0;

    while (rc == 0 && !is_over) {
        rc = coil_splice(arg, source.b, 4096, NULL);
        operations++;
    }
    return rc;
}

FAIRNESS_TEST(fairness_beside_a_task_that_splices)
{
    struct pair p = connected();
    struct coil_task *reader = start(read_all, p.b);
    struct coil_task *writer;

    source = connected();
    writer = start(write_and_drain, source.a);
    flood_with(splice_all, p.a);
    expect_punctual_ticks();
    end_floods();
    coil_task_cancel(reader);
    end_of(reader);
    coil_task_cancel(writer);
    end_of(writer);
    hang_up(&p);
    hang_up(&source);
}

/* The busy task has a timeout of its own. */
FAIRNESS_TEST(fairness_lets_a_busy_writer_be_timed_out)
{
    struct pair p = connected();
    struct coil_task *reader = start(read_all, p.b);
    struct coil_timeout limit;
    coil_time began = coil_now();

    ASSERT_EQ(coil_timeout_begin(&limit, 2 * COIL_MILLISECOND), 0);
    ASSERT_EQ(coil_timeout_end(&limit, write_and_drain(p.a)), -ETIMEDOUT);
    ASSERT_GE(coil_now() - began, 2 * COIL_MILLISECOND);
    /* The stream is in order, and can be used. */
    ASSERT_EQ(coil_stream_write(p.a, "y", 1), 0);
    ASSERT_EQ(coil_stream_flush(p.a), 0);
    coil_task_cancel(reader);
    end_of(reader);
    hang_up(&p);
}

static int fill_up(void *arg)
{
    static const char bytes[32768];
    int rc = 0;

    while (rc == 0 && !is_over) {
        rc = coil_stream_write(arg, bytes, sizeof bytes);
        if (rc == 0)
            rc = coil_stream_drain(arg);
    }
    return rc;
}

/* The buffer answers most of these reads. */
static int read_bytes(void *arg)
{
    char byte;
    int rc = 0;

    while (rc == 0 && !is_over) {
        rc = coil_stream_read_exactly(arg, &byte, 1, NULL);
        operations++;
    }
    return rc;
}

FAIRNESS_TEST(fairness_beside_tasks_that_read_what_is_buffered)
{
    struct pair pairs[3];

    for (size_t i = 0; i < 3; i++) {
        pairs[i] = connected();
        flood_with(fill_up, pairs[i].a);
        flood_with(read_bytes, pairs[i].b);
    }
    expect_punctual_ticks();
    end_floods();
    for (size_t i = 0; i < 3; i++)
        hang_up(&pairs[i]);
}

static int peek_and_consume(void *arg)
{
    const void *data;
    ptrdiff_t n = 1;

    while (n > 0 && !is_over) {
        n = coil_stream_peek(arg, &data);
        if (n > 0)
            coil_stream_consume(arg, 1);
        operations++;
    }
    return (int)n;
}

FAIRNESS_TEST(fairness_beside_a_task_that_peeks)
{
    struct pair p = connected();

    flood_with(fill_up, p.a);
    flood_with(peek_and_consume, p.b);
    expect_punctual_ticks();
    end_floods();
    hang_up(&p);
}

/* Empty reads; drains and flushes that have nothing to do. */
static int do_next_to_nothing(void *arg)
{
    char byte;
    ptrdiff_t rc = 0;

    while (rc == 0 && !is_over) {
        rc = coil_stream_read(arg, &byte, 0);
        if (rc == 0)
            rc = coil_stream_drain(arg);
        if (rc == 0)
            rc = coil_stream_flush(arg);
        operations++;
    }
    return (int)rc;
}

FAIRNESS_TEST(fairness_beside_a_task_that_has_nothing_to_do)
{
    struct pair p = connected();

    flood_with(do_next_to_nothing, p.a);
    expect_punctual_ticks();
    end_floods();
    hang_up(&p);
}

static int echo(void *arg)
{
    static char bytes[16384];
    ptrdiff_t n;

    while ((n = coil_stream_read(arg, bytes, sizeof bytes)) > 0) {
        int rc = coil_stream_write(arg, bytes, (size_t)n);

        if (rc == 0)
            rc = coil_stream_drain(arg);
        if (rc < 0)
            return rc;
        operations++;
    }
    return (int)n;
}

/* A well-behaved connection gets its share beside others that never pause. */
FAIRNESS_TEST(fairness_of_an_echo_server)
{
    struct pair pairs[4];

    for (size_t i = 0; i < 3; i++) {
        pairs[i] = connected();
        flood_with(fill_up, pairs[i].a);
        flood_with(read_all, pairs[i].a);
        flood_with(echo, pairs[i].b);
    }
    pairs[3] = connected();
    flood_with(echo, pairs[3].b);
    for (int i = 0; i < TICKS; i++) {
        coil_time began = coil_now();
        char byte;

        send_text(pairs[3].a, "p");
        ASSERT_EQ(coil_stream_read_exactly(pairs[3].a, &byte, 1, NULL), 0);
        /* Each of the two tasks takes a step and waits for its turn. */
        if (simulated)
            ASSERT_LE(coil_now() - began, 3 * most_late(flood_count, 0));
    }
    expect_punctual_ticks();
    end_floods();
    for (size_t i = 0; i < 4; i++)
        hang_up(&pairs[i]);
}

/* ---- connections ---- */

static struct coil_address server_address;

static int accept_and_close(void *arg)
{
    int rc = 0;

    while (rc == 0 && !is_over) {
        struct coil_stream *s;

        rc = coil_listener_accept(arg, &s);
        coil_stream_abort(s);
        operations++;
    }
    return rc;
}

static int connect_and_close(void *arg)
{
    int rc = 0;

    (void)arg;
    while (rc == 0 && !is_over) {
        struct coil_stream *s;

        rc = coil_tcp_connect_address(&s, &server_address);
        coil_stream_abort(s);
    }
    return rc;
}

FAIRNESS_TEST(fairness_beside_a_task_that_accepts)
{
    struct coil_listener *listener = listening(&server_address);

    for (int i = 0; i < 4; i++)
        flood_with(connect_and_close, NULL);
    flood_with(accept_and_close, listener);
    expect_punctual_ticks();
    end_floods();
    coil_listener_close(listener);
}

/* Reads that have to wait are system calls too. */
static int read_one(void *arg)
{
    char byte;

    return coil_stream_read_exactly(arg, &byte, 1, NULL);
}

FAIRNESS_TEST(fairness_beside_many_who_begin_to_wait)
{
    enum { MANY = 300 };
    static struct pair pairs[MANY];
    static struct coil_task *readers[MANY];

    for (size_t i = 0; i < MANY; i++)
        pairs[i] = connected();
    for (size_t i = 0; i < MANY; i++) {
        readers[i] = start(read_one, pairs[i].a);
        send_text(pairs[i].b, i % 2 ? "x" : "");
    }
    ASSERT_EQ(coil_sleep(COIL_MILLISECOND), 0);
    for (size_t i = 0; i < MANY; i += 2)
        send_text(pairs[i].b, "x");
    for (size_t i = 0; i < MANY; i++) {
        ASSERT_EQ(end_of(readers[i]), 0);
        hang_up(&pairs[i]);
    }
}

/* ---- tasks and callbacks ---- */

static int yield_for_ever(void *arg)
{
    const coil_time *duration = arg;
    int rc = 0;

    while (rc == 0 && !is_over) {
        if (duration)
            coil_test_compute(*duration);
        rc = coil_yield();
        operations++;
    }
    return rc;
}

FAIRNESS_TEST(fairness_beside_tasks_that_yield)
{
    flood_with(yield_for_ever, NULL);
    flood_with(yield_for_ever, NULL);
    expect_punctual_ticks();
    end_floods();
}

/* The budget is also one of time: these steps are long. */
FAIRNESS_TEST(fairness_beside_tasks_that_compute)
{
    static const coil_time duration = COIL_MILLISECOND;

    flood_with(yield_for_ever, (void *)(uintptr_t)&duration);
    flood_with(yield_for_ever, (void *)(uintptr_t)&duration);
    expect_ticks(flood_count, duration);
    end_floods();
}

struct channel {
    struct coil_queue there;
    struct coil_queue back;
};

static int hand_there(void *arg)
{
    struct channel *c = arg;
    int item = 0;
    int rc = 0;

    while (rc == 0 && !is_over) {
        rc = coil_queue_put(&c->there, &item);
        if (rc == 0)
            rc = coil_queue_get(&c->back, &item);
        operations++;
    }
    return rc;
}

static int hand_back(void *arg)
{
    struct channel *c = arg;
    int item;
    int rc = 0;

    while (rc == 0 && !is_over) {
        rc = coil_queue_get(&c->there, &item);
        if (rc == 0)
            rc = coil_queue_put(&c->back, &item);
    }
    return rc;
}

FAIRNESS_TEST(fairness_beside_tasks_that_hand_over)
{
    struct channel c;

    coil_queue_init(&c.there, sizeof(int), 1);
    coil_queue_init(&c.back, sizeof(int), 1);
    flood_with(hand_there, &c);
    flood_with(hand_back, &c);
    expect_punctual_ticks();
    end_floods();
    coil_queue_fini(&c.there);
    coil_queue_fini(&c.back);
}

static struct coil_handle handles[2];

static void call_again(void *arg)
{
    operations++;
    if (!is_over)
        ASSERT_EQ(
            coil_loop_call_soon(coil_loop_current(), arg, call_again, arg), 0);
}

/* The timer is due in the past, so it is due in each turn. */
static void be_due_again(void *arg)
{
    operations++;
    if (!is_over)
        ASSERT_EQ(coil_loop_call_later(coil_loop_current(), arg,
                                       -COIL_MILLISECOND, be_due_again, arg),
                  0);
}

FAIRNESS_TEST(fairness_beside_callbacks)
{
    flood_with(yield_for_ever, NULL);
    call_again(&handles[0]);
    be_due_again(&handles[1]);
    expect_punctual_ticks();
    end_floods();
    ASSERT_EQ(coil_yield(), 0);
    ASSERT_EQ(coil_yield(), 0);
}

static void set_flag(void *arg)
{
    *(bool *)arg = true;
}

/* The order does not depend on the number of calls that fit into a budget. */
STREAM_TEST(fairness_calls_in_the_next_turn_what_is_due_already)
{
    static struct coil_handle handle;
    bool is_called = false;

    ASSERT_EQ(coil_loop_call_at(coil_loop_current(), &handle, 0, set_flag,
                                &is_called),
              0);
    for (int i = 0; i < 2 || (seed != 0 && !is_called); i++)
        ASSERT_EQ(coil_yield(), 0);
    ASSERT(is_called);
}

/* ---- the kernel's: descriptors and signals, counted in operations ---- */

static int watch_descriptor(void *arg)
{
    const int *fd = arg;
    int rc = 1;

    while (rc > 0 && !is_over) {
        rc = coil_wait_fd(*fd, COIL_WRITABLE);
        operations++;
    }
    return rc;
}

KERNEL_TEST(fairness_beside_a_descriptor_that_is_always_ready)
{
    int ends[2];

    begin_floods();
    ASSERT_EQ(pipe(ends), 0);
    flood_with(watch_descriptor, &ends[1]);
    expect_punctual_ticks();
    end_floods();
    close(ends[0]);
    close(ends[1]);
}

static void see_signal(void *arg)
{
    (void)arg;
    seen_at = operations;
}

static void count_operation(void *arg)
{
    (void)arg;
    if (operations++ == 0)
        raise(SIGUSR1);
}

/* This holds however fast the machine is: after 128 system calls. */
static void expect_signal_within_a_budget(void)
{
    while (seen_at == INT64_MAX)
        ASSERT_EQ(coil_sleep(COIL_MILLISECOND), 0);
    ASSERT_LE(seen_at, COIL__BUDGET_UNITS / COIL__UNITS_CALL + 1);
}

static struct coil_signal_handler signal_handler;

static void watch_signal(void)
{
    seen_at = INT64_MAX;
    ASSERT_EQ(coil_loop_add_signal_handler(coil_loop_current(), &signal_handler,
                                           SIGUSR1, see_signal, NULL),
              0);
}

static void unwatch_signal(void)
{
    ASSERT(
        coil_loop_remove_signal_handler(coil_loop_current(), &signal_handler));
}

KERNEL_TEST(fairness_beside_a_reader_that_is_always_ready)
{
    static struct coil_fd_handler handler;
    int ends[2];

    begin_floods();
    watch_signal();
    ASSERT_EQ(pipe(ends), 0);
    ASSERT_EQ(coil_loop_add_writer(coil_loop_current(), &handler, ends[1],
                                   count_operation, NULL),
              0);
    expect_signal_within_a_budget();
    expect_punctual_ticks();
    unwatch_signal();
    ASSERT(coil_loop_remove_writer(coil_loop_current(), &handler));
    close(ends[0]);
    close(ends[1]);
}

static int raise_and_write(void *arg)
{
    raise(SIGUSR1);
    operations = 0;
    return write_and_drain(arg);
}

KERNEL_TEST(fairness_shows_a_signal_within_one_budget)
{
    struct pair p = connected();
    struct coil_task *reader = start(read_all, p.b);

    begin_floods();
    watch_signal();
    flood_with(raise_and_write, p.a);
    expect_signal_within_a_budget();
    end_floods();
    unwatch_signal();
    coil_task_cancel(reader);
    end_of(reader);
    hang_up(&p);
}

/* ---- long steps on the kernel: counted, as a loaded machine is slow ---- */

static int compute_for_ever(void *arg)
{
    int rc = 0;

    (void)arg;
    while (rc == 0 && !is_over) {
        coil_time until = coil_after(COIL_MILLISECOND);

        while (coil_now() < until)
            continue;
        operations++;
        rc = coil_yield();
    }
    return rc;
}

enum { BUSY = 4, SLEPT = 10 };

/*
 * No more steps than that are made while it sleeps, on any machine; then the
 * turn ends, and the next turn has a budget of its own.
 */
static int sleep_beside_long_steps(void *arg)
{
    (void)arg;
    begin_floods();
    for (int i = 0; i < BUSY; i++)
        flood_with(compute_for_ever, NULL);
    for (int i = 0; i < TICKS; i++) {
        uint64_t before = operations;
        int rc = coil_sleep(SLEPT * COIL_MILLISECOND);

        ASSERT_EQ(rc, 0);
        ASSERT_LE(operations - before, SLEPT + 3 * BUSY);
    }
    end_floods();
    return 0;
}

TEST(fairness_looks_at_the_clock_more_often_where_steps_are_long)
{
    simulated = false;
    ASSERT_EQ(coil_run(sleep_beside_long_steps, NULL), 0);
}
