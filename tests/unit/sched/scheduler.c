/* SPDX-License-Identifier: MIT */
/*
 * A loop of our own, a dozen lines long, runs coil's tasks, futures, locks and
 * queues. What needs a clock or a kernel is refused there.
 */
#include "bodies.h"
#include "scheduler_test.h"

/* ---- the queue ------------------------------------------------------------ */

struct entry {
    struct coil_runnable runnable;
    char name;
};

static void run_entry(struct coil_runnable *runnable)
{
    struct entry *entry = (struct entry *)(void *)runnable;

    say("%c", entry->name);
}

TEST(scheduler_is_first_in_first_out)
{
    struct entry entries[3];

    ASSERT_NULL(coil_scheduler_pop(&mine));
    for (int i = 0; i < 3; i++) {
        entries[i] = (struct entry){ { .run = run_entry }, (char)('a' + i) };
        ASSERT_EQ(coil_scheduler_ready_count(&mine), i);
        coil_scheduler_append(&mine, &entries[i].runnable);
    }
    run_ready();
    ASSERT_STR_EQ(trace, "abc");
    ASSERT_EQ(coil_scheduler_ready_count(&mine), 0);
    coil_scheduler_append(&mine, &entries[1].runnable);
    run_ready();
    ASSERT_STR_EQ(trace, "abcb");
}

static void run_entry_again(struct coil_runnable *runnable)
{
    run_entry(runnable);
    coil_scheduler_append(coil_scheduler_current(), runnable);
}

/* The loop has taken its last turns. */
TEST(scheduler_of_a_loop_that_is_closed_runs_nothing_more)
{
    struct entry entry = { { .run = run_entry_again }, 'a' };
    struct coil_loop *loop;

    ASSERT_EQ(coil_loop_new(&loop, NULL), 0);
    coil_scheduler_append(coil_loop_scheduler(loop), &entry.runnable);
    ASSERT_EQ(coil_loop_close(loop, NULL), 0);
    ASSERT_STR_EQ(trace, "aaaa");
}

TEST(scheduler_zeroed_or_initialised_is_empty)
{
    struct coil_scheduler made = COIL_SCHEDULER_INIT;

    ASSERT_MEM_EQ(&made, &mine, sizeof made);
    ASSERT_NULL(coil_scheduler_pop(&made));
}

TEST(scheduler_is_entered_once_in_a_thread)
{
    struct coil_scheduler other = COIL_SCHEDULER_INIT;
    struct coil_loop *loop;

    ASSERT_NULL(coil_scheduler_current());
    enter();
    ASSERT_PTR_EQ(coil_scheduler_current(), &mine);
    ASSERT_NULL(coil_loop_current());
    ASSERT_EQ(coil_scheduler_enter(&mine), -EBUSY);
    ASSERT_EQ(coil_scheduler_enter(&other), -EBUSY);
    ASSERT_EQ(coil_run(NULL, NULL), -EBUSY);
    ASSERT_EQ(coil_loop_new(&loop, NULL), 0);
    ASSERT_EQ(coil_loop_run_forever(loop), -EBUSY);
    ASSERT_EQ(coil_loop_run_until_complete(loop, NULL, NULL), -EBUSY);
    ASSERT_EQ(coil_loop_close(loop, NULL), -EBUSY);
    coil_scheduler_leave(&other);
    ASSERT_PTR_EQ(coil_scheduler_current(), &mine);
    coil_scheduler_leave(&mine);
    ASSERT_NULL(coil_scheduler_current());
    ASSERT_EQ(coil_loop_close(loop, NULL), 0);
}

/* ---- tasks ---------------------------------------------------------------- */

static int say_and_yield(void *arg)
{
    for (int i = 0; i < 3; i++) {
        int rc = coil_yield();

        if (rc < 0)
            return rc;
        say("%s%d ", (const char *)arg, i);
    }
    return 0;
}

TEST(scheduler_runs_tasks_in_turn_and_every_step_returns_to_it)
{
    struct coil_task *a;
    struct coil_task *b;

    enter();
    a = start(say_and_yield, "a");
    b = start(say_and_yield, "b");
    ASSERT_EQ(coil_all_tasks(NULL, 0), 2);
    ASSERT_STR_EQ(trace, "");
    run_ready();
    ASSERT_STR_EQ(trace, "a0 b0 a1 b1 a2 b2 ");
    ASSERT_EQ(steps, 8);
    ASSERT_EQ(coil_task_result(a), 0);
    ASSERT_EQ(coil_task_result(b), 0);
    coil_task_release(a);
    coil_task_release(b);
    leave();
}

TEST(scheduler_not_entered_makes_no_tasks)
{
    struct coil_task *task = NULL;

    ASSERT_EQ(coil_task_create(&task, say_and_yield, NULL), -EINVAL);
    ASSERT_NULL(task);
    ASSERT_EQ(coil_all_tasks(&task, 1), 0);
}

TEST(scheduler_may_be_left_and_entered_again_in_between)
{
    struct coil_task *task;

    enter();
    task = start(say_and_yield, "x");
    coil_runnable_run(coil_scheduler_pop(&mine));
    coil_scheduler_leave(&mine);
    ASSERT_EQ(coil_run(say_and_yield, (void *)(uintptr_t) "y"), 0);
    enter();
    run_ready();
    ASSERT_STR_EQ(trace, "y0 y1 y2 x0 x1 x2 ");
    coil_task_release(task);
    leave();
}

static int count_up(void *arg)
{
    size_t *count = arg;

    *count += 1;
    return coil_yield();
}

static void *exit_in_scheduler(void *arg)
{
    static struct coil_scheduler other;

    ASSERT_EQ(coil_run(say_and_yield, arg), 0);
    ASSERT_EQ(coil_scheduler_enter(&other), 0);
    pthread_exit(arg);
}

/* It has no loop for which others could wait. */
TEST(scheduler_ends_with_its_thread)
{
    struct coil_task *task;
    pthread_t thread;

    for (int i = 0; i < 2; i++) {
        ASSERT_EQ(pthread_create(&thread, NULL, exit_in_scheduler, "x"), 0);
        ASSERT_EQ(pthread_join(thread, NULL), 0);
    }
    enter();
    task = start(say_and_yield, "y");
    run_ready();
    ASSERT_STR_EQ(trace, "x0 x1 x2 x0 x1 x2 y0 y1 y2 ");
    coil_task_release(task);
    leave();
}

TEST(scheduler_runs_many_tasks)
{
    size_t count = 0;

    enter();
    for (int i = 0; i < 5000; i++)
        ASSERT_EQ(coil_task_create(NULL, count_up, &count), 0);
    run_ready();
    ASSERT_EQ(count, 5000);
    ASSERT_EQ(steps, 10000);
    leave();
}

static int await_self(void *arg)
{
    (void)arg;
    return coil_task_await(coil_current_task());
}

static int cancel_and_await(void *arg)
{
    struct coil_event never = COIL_EVENT_INIT;
    struct coil_task *unborn = start(say_and_yield, "unborn");
    struct coil_task *waiting;

    (void)arg;
    ASSERT(coil_task_cancel(unborn));
    ASSERT_EQ(end_of(unborn), -ECANCELED);
    waiting = start(await_event, &never);
    ASSERT_EQ(coil_yield(), 0);
    ASSERT(coil_task_cancel(waiting));
    ASSERT_EQ(coil_task_cancelling(waiting), 1);
    ASSERT_EQ(end_of(waiting), -ECANCELED);
    ASSERT_EQ(end_of(start(await_self, NULL)), -EDEADLK);
    ASSERT_STR_EQ(trace, "");
    return 0;
}

TEST(scheduler_cancels_and_awaits)
{
    run_task(cancel_and_await);
}

/* ---- futures -------------------------------------------------------------- */

static struct coil_future answer;

static void say_done(struct coil_future *future, void *arg)
{
    void *value;

    ASSERT_EQ(coil_future_result(future, &value), 0);
    say("%s:%s ", (const char *)arg, (const char *)value);
}

static int await_answer(void *arg)
{
    void *value = NULL;
    int rc = coil_future_await(&answer, &value);

    say("%s:%s ", (const char *)arg, (const char *)value);
    return rc;
}

TEST(scheduler_completes_futures)
{
    struct coil_future_callback callbacks[2] = { { .fn = NULL } };
    struct coil_task *task;

    ASSERT_EQ(
        coil_future_add_done_callback(&answer, &callbacks[0], say_done, NULL),
        -EINVAL);
    enter();
    ASSERT_EQ(coil_future_add_done_callback(&answer, &callbacks[0], say_done,
                                            (void *)(uintptr_t) "c"),
              0);
    task = start(await_answer, "t");
    run_ready();
    coil_future_set_result(&answer, (void *)(uintptr_t) "42");
    ASSERT_STR_EQ(trace, "");
    ASSERT_EQ(coil_future_add_done_callback(&answer, &callbacks[1], say_done,
                                            (void *)(uintptr_t) "d"),
              0);
    run_ready();
    ASSERT_STR_EQ(trace, "c:42 t:42 d:42 ");
    coil_task_release(task);
    leave();
}

/* ---- a coroutine of our own on a loop of our own -------------------------- */

static struct coil_coroutine *driven;
static struct coil_future_callback woken;

static void drive(struct coil_future *future, void *arg)
{
    void *yielded;
    int rc;

    (void)future;
    (void)arg;
    rc = coil_coroutine_send(driven, NULL, &yielded);
    ASSERT_GE(rc, 0);
    if (rc > 0)
        ASSERT_EQ(coil_future_add_done_callback(yielded, &woken, drive, NULL),
                  0);
}

TEST(scheduler_drives_a_coroutine_that_waits_for_a_lock)
{
    struct coil_task *task;

    enter();
    task = start(use_lock, NULL);
    ASSERT_EQ(coil_coroutine_new(&driven, use_lock, NULL, 0), 0);
    drive(NULL, NULL);
    run_ready();
    ASSERT(coil_coroutine_is_done(driven));
    ASSERT_EQ(coil_coroutine_result(driven), 0);
    ASSERT_EQ(coil_task_result(task), 0);
    coil_coroutine_free(driven);
    coil_task_release(task);
    leave();
}

/* ---- what there is not ---------------------------------------------------- */

static int need_a_clock(void *arg)
{
    struct coil_future never = COIL_FUTURE_INIT;
    struct coil_future *futures[] = { &never };
    struct coil_timeout limit;

    (void)arg;
    ASSERT_EQ(coil_sleep(1), -ENOTSUP);
    ASSERT_EQ(coil_sleep(COIL_NEVER), -ENOTSUP);
    ASSERT_EQ(coil_sleep_until(coil_now()), -ENOTSUP);
    ASSERT_EQ(coil_sleep(0), 0);
    ASSERT_EQ(coil_sleep(-5), 0);
    ASSERT_EQ(coil_timeout_begin(&limit, COIL_SECOND), -ENOTSUP);
    ASSERT_EQ(coil_timeout_begin_at(&limit, COIL_NEVER), -ENOTSUP);
    ASSERT_EQ(coil_wait(futures, 1, COIL_ALL_COMPLETED, COIL_SECOND), -ENOTSUP);
    ASSERT_EQ(coil_wait(futures, 1, COIL_ALL_COMPLETED, 0), 0);
    ASSERT_EQ(coil_wait_for(&never, COIL_SECOND, NULL), -ENOTSUP);
    ASSERT(!coil_future_is_done(&never));
    ASSERT_EQ(coil_wait_for(&never, 0, NULL), -ETIMEDOUT);
    ASSERT(coil_future_is_cancelled(&never));
    return 0;
}

TEST(scheduler_without_a_clock_says_so)
{
    run_task(need_a_clock);
}

static const char *no_complaint(const void *object)
{
    (void)object;
    return NULL;
}

static int need_a_kernel(void *arg)
{
    struct coil_address local = { .length = 0 };
    struct coil_address *addresses = NULL;
    struct coil_listener *listener = NULL;
    struct coil_stream *stream = NULL;
    size_t count = 0;

    (void)arg;
    ASSERT_EQ(coil_resolve("127.0.0.1", 80, &addresses, &count), -ENOTSUP);
    ASSERT_EQ(coil_resolve("localhost", 80, &addresses, &count), -ENOTSUP);
    ASSERT_NULL(addresses);
    ASSERT_EQ(coil_tcp_connect(&stream, "127.0.0.1", 80), -ENOTSUP);
    ASSERT_EQ(coil_tcp_connect_address(&stream, &local), -ENOTSUP);
    ASSERT_NULL(stream);
    ASSERT_EQ(coil_tcp_listen(&listener, NULL, 0), -ENOTSUP);
    ASSERT_NULL(listener);
    ASSERT_EQ(coil_wait_fd(0, COIL_READABLE), -ENOTSUP);
    ASSERT_EQ(coil_to_thread(do_nothing, NULL), -ENOTSUP);
    ASSERT_EQ(coil_to_thread_copy(do_nothing, &count), -ENOTSUP);
    ASSERT_EQ(coil_test_settle(), -ENOTSUP);
    ASSERT_EQ(coil_test_watch(no_complaint, NULL), -ENOTSUP);
    coil_test_unwatch(NULL);
    ASSERT_EQ(coil_test_random(10), 0);
    ASSERT_EQ(coil_test_steps(), 0);
    return 0;
}

TEST(scheduler_without_a_kernel_says_so)
{
    run_task(need_a_kernel);
}

static struct coil_stream *ends[2];

static int connect_ends(void *arg)
{
    struct coil_listener *listener;
    struct coil_address address;

    (void)arg;
    ASSERT_EQ(coil_tcp_listen(&listener, "127.0.0.1", 0), 0);
    coil_listener_address(listener, &address);
    ASSERT_EQ(coil_tcp_connect_address(&ends[0], &address), 0);
    ASSERT_EQ(coil_listener_accept(listener, &ends[1]), 0);
    coil_listener_close(listener);
    return 0;
}

static int use_ends(void *arg)
{
    char bytes[4];

    (void)arg;
    for (int i = 0; i < 300; i++) {
        ASSERT_EQ(coil_stream_write(ends[0], "four", 4), 0);
        ASSERT_EQ(coil_stream_flush(ends[0]), 0);
        ASSERT_EQ(coil_stream_read_exactly(ends[1], bytes, 4, NULL), 0);
        ASSERT_EQ(memcmp(bytes, "four", 4), 0);
    }
    say("used ");
    return 0;
}

static int close_ends(void *arg)
{
    ASSERT_EQ(use_ends(arg), 0);
    for (int i = 0; i < 2; i++)
        ASSERT_EQ(coil_stream_close(ends[i]), 0);
    return 0;
}

/*
 * An operation that need not wait needs no loop. Without a loop no budget ends.
 */
TEST(scheduler_uses_a_stream_while_its_loop_does_not_run)
{
    const struct coil_loop_options options = { .backend =
                                                   COIL_BACKEND_SIMULATOR };
    struct coil_loop *loop;

    ASSERT_EQ(coil_loop_new(&loop, &options), 0);
    ASSERT_EQ(coil_loop_run_until_complete(loop, connect_ends, NULL), 0);
    run_task(use_ends);
    ASSERT_STR_EQ(trace, "used ");
    ASSERT_EQ(coil_loop_run_until_complete(loop, close_ends, NULL), 0);
    ASSERT_EQ(coil_loop_close(loop, NULL), 0);
}

static int be_cancelled(void *arg)
{
    struct coil_task *self = coil_current_task();

    (void)arg;
    coil_task_cancel(self);
    ASSERT_EQ(coil_sleep(1), -ECANCELED);
    coil_task_cancel(self);
    ASSERT_EQ(coil_to_thread(do_nothing, NULL), -ECANCELED);
    return 0;
}

TEST(scheduler_reports_a_cancellation_before_what_there_is_not)
{
    run_task(be_cancelled);
}

TEST(scheduler_has_the_time_all_the_same)
{
    coil_time before = coil_now();

    enter();
    ASSERT_GE(coil_now(), before);
    ASSERT_GE(coil_after(COIL_SECOND), before + COIL_SECOND);
    ASSERT_EQ(coil_after(COIL_NEVER), COIL_NEVER);
    leave();
}
