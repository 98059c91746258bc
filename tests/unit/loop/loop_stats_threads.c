/* SPDX-License-Identifier: MIT */
/*
 * Another thread reads what loops count, while they run, end and are closed.
 */
/* LABELS: threads */
#include <errno.h>
#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <sys/socket.h>
#include <unistd.h>

#include <coil/loop.h>
#include <coil/loop_stats.h>
#include <coil/loops.h>
#include <coil/listener.h>
#include <coil/sleep.h>
#include <coil/stream.h>
#include <coil/task.h>

#include "test.h"

enum { LOOPS = 3, ROUNDS = 5, TASKS = 60 };

static atomic_bool is_over;

static uint64_t sum_of(const struct coil_loop_stats *s)
{
    uint64_t sum = 0;

    for (size_t i = 0; i <= COIL_LOOP_STRETCHES; i++)
        sum += s->stretches[i];
    return sum;
}

/* The counts of one look agree with each other. */
static void check(const struct coil_loop_stats *s)
{
    ASSERT_EQ(s->tasks_made, s->tasks_ended + s->tasks);
    ASSERT_LE(s->tasks_cancelled + s->tasks_failed, s->tasks_ended);
    /* A stretch ends at each look and at the end of a run: there is one. */
    ASSERT_GE(sum_of(s), s->looks);
    ASSERT_LE(sum_of(s), s->looks + 2);
    ASSERT_GE(s->running, s->stretch_time);
    ASSERT_LE(s->longest, s->stretch_time);
}

static void *read_on(void *arg)
{
    struct coil_loop_stats now[LOOPS];

    (void)arg;
    while (!atomic_load(&is_over)) {
        size_t n = coil_all_loop_stats(now, LOOPS);

        ASSERT_LE(n, LOOPS);
        for (size_t i = 0; i < n; i++)
            check(&now[i]);
        sched_yield();
    }
    return NULL;
}

static int nap(void *arg)
{
    (void)arg;
    return coil_sleep(10 * COIL_MICROSECOND);
}

static int run_tasks(void *arg)
{
    struct coil_loop_stats stats;
    struct coil_task *task;

    (void)arg;
    for (int i = 0; i < TASKS; i++) {
        ASSERT_EQ(coil_task_create(&task, nap, NULL), 0);
        if (i % 4 == 0)
            coil_task_cancel(task);
        ASSERT_EQ(coil_task_await(task), i % 4 == 0 ? -ECANCELED : 0);
        coil_task_release(task);
    }
    ASSERT_EQ(coil_sleep(COIL_MICROSECOND), 0);
    ASSERT_EQ(coil_loop_stats(coil_loop_current(), &stats), 0);
    ASSERT_EQ(stats.tasks_made, TASKS + 1);
    ASSERT_EQ(stats.tasks_cancelled, TASKS / 4);
    return 0;
}

TEST(loop_stats_threads_read_while_loops_run_and_end)
{
    pthread_t reader;

    ASSERT_EQ(pthread_create(&reader, NULL, read_on, NULL), 0);
    for (int i = 0; i < ROUNDS; i++)
        ASSERT_EQ(coil_loops_run(LOOPS, run_tasks, NULL), 0);
    atomic_store(&is_over, true);
    ASSERT_EQ(pthread_join(reader, NULL), 0);
    ASSERT_EQ(coil_all_loop_stats(NULL, 0), 0);
}

/* ---- what is done while the loop waits -------------------------------------- */

static struct coil_address address;

static void *connect_late(void *arg)
{
    int fd = socket(AF_INET, SOCK_STREAM, 0);

    (void)arg;
    usleep(50000);
    ASSERT_EQ(connect(fd, (struct sockaddr *)&address.storage, address.length),
              0);
    return (void *)(intptr_t)fd;
}

/* Connections for a group are accepted while the loop waits. */
static int accept_one(void *arg)
{
    static struct coil_listener_group group;
    const struct coil_tcp_listen_options options = { .group = &group };
    struct coil_loop_stats stats;
    struct coil_listener *listener;
    struct coil_stream *stream;
    pthread_t thread;
    void *fd;

    (void)arg;
    ASSERT_EQ(coil_tcp_listen_with(&listener, "127.0.0.1", 0, &options), 0);
    coil_listener_address(listener, &address);
    ASSERT_EQ(pthread_create(&thread, NULL, connect_late, NULL), 0);
    ASSERT_EQ(coil_listener_accept(listener, &stream), 0);
    ASSERT_EQ(coil_sleep(COIL_MILLISECOND), 0);
    ASSERT_EQ(coil_loop_stats(coil_loop_current(), &stats), 0);
    check(&stats);
    pthread_join(thread, &fd);
    close((int)(intptr_t)fd);
    coil_stream_abort(stream);
    coil_listener_close(listener);
    return 0;
}

TEST(loop_stats_threads_do_not_take_a_wait_for_work)
{
    ASSERT_EQ(coil_run(accept_one, NULL), 0);
}
