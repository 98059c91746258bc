/* SPDX-License-Identifier: MIT */
/*
 * coil's suspending calls in a coroutine that somebody other than a task drives.
 */
#include <coil/condition.h>
#include <coil/lock.h>
#include <coil/task_group.h>

#include "bodies.h"
#include "jobs.h"

/* A task of forty lines: examples/task.c. */
struct driver {
    struct coil_coroutine *co;
    struct coil_future *waits_for;
    struct coil_future_callback callback;
    bool done;
};

static void wakeup(struct coil_future *future, void *arg);

static void step(struct driver *driver, void *value, int error)
{
    void *yielded = NULL;
    int rc;

    driver->waits_for = NULL;
    rc = error < 0 ? coil_coroutine_throw(driver->co, error, &yielded)
                   : coil_coroutine_send(driver->co, value, &yielded);
    ASSERT_OK(rc);
    driver->done = rc == 0;
    if (rc == 0)
        return;
    driver->waits_for = yielded;
    ASSERT_EQ(coil_future_add_done_callback(yielded, &driver->callback, wakeup,
                                            driver),
              0);
}

static void wakeup(struct coil_future *future, void *arg)
{
    void *value = NULL;
    int rc = coil_future_result(future, &value);

    step(arg, value, rc);
}

static void drive(struct driver *driver, coil_fn fn, const void *arg)
{
    *driver = (struct driver){ .co = make(fn, arg) };
    step(driver, NULL, 0);
}

/* Throw as a cancellation from outside does: nothing else may resume it. */
static void throw_into(struct driver *driver, int error)
{
    coil_future_remove_done_callback(driver->waits_for, &driver->callback);
    step(driver, NULL, error);
}

static int end_driver(struct driver *driver)
{
    int rc;

    ASSERT(driver->done);
    rc = coil_coroutine_result(driver->co);
    coil_coroutine_free(driver->co);
    return rc;
}

static int sleep_and_say(void *arg)
{
    int rc = coil_sleep(COIL_SECOND);

    say("%s%d ", (const char *)arg, rc);
    return rc;
}

CORE_TEST(coroutine_driven_by_hand_sleeps)
{
    struct driver a, b;

    drive(&a, sleep_and_say, "a");
    drive(&b, sleep_and_say, "b");
    ASSERT(!a.done);
    ASSERT(!coil_future_is_done(a.waits_for));
    ASSERT_EQ(coil_sleep(COIL_SECOND + 1), 0);
    ASSERT_EQ(end_driver(&a), 0);
    ASSERT_EQ(end_driver(&b), 0);
    SAID("a0 b0 ");
}

static int yield_thrice(void *arg)
{
    for (int i = 0; i < 3; i++) {
        int rc = coil_yield();

        if (rc < 0)
            return rc;
        say("%s ", (const char *)arg);
    }
    return 0;
}

/* SLEEP-1 */
CORE_TEST(coroutine_driven_by_hand_yields_to_others)
{
    struct driver a;
    struct coil_task *b = start(yield_thrice, "b");

    drive(&a, yield_thrice, "a");
    ASSERT(coil_future_is_done(a.waits_for));
    ASSERT_EQ(end_of(b), 0);
    ASSERT_EQ(end_driver(&a), 0);
    SAID("a b a b a b ");
}

static int is_no_task(void *arg)
{
    struct coil_timeout limit;
    struct coil_task_group group;
    struct coil_future never = COIL_FUTURE_INIT;

    (void)arg;
    ASSERT_NULL(coil_current_task());
    ASSERT_NOT_NULL(coil_coroutine_current());
    ASSERT_EQ(coil_timeout_begin(&limit, COIL_SECOND), -ENOTSUP);
    ASSERT_EQ(coil_timeout_begin_at(&limit, COIL_SECOND), -ENOTSUP);
    ASSERT_EQ(coil_task_group_begin(&group), -ENOTSUP);
    ASSERT_EQ(coil_wait_for(&never, COIL_SECOND, NULL), -ENOTSUP);
    return 0;
}

CORE_TEST(coroutine_driven_by_hand_has_no_scopes)
{
    struct driver a;

    drive(&a, is_no_task, NULL);
    ASSERT_EQ(end_driver(&a), 0);
}

/* A wait without time needs no scope. */
static int wait_no_time(void *arg)
{
    return coil_wait_for(arg, 0, NULL);
}

CORE_TEST(coroutine_driven_by_hand_waits_no_time)
{
    struct coil_future never = COIL_FUTURE_INIT;
    struct driver a;

    drive(&a, wait_no_time, &never);
    ASSERT(coil_future_is_cancelled(&never));
    ASSERT_EQ(end_driver(&a), -ETIMEDOUT);
}

CORE_TEST(coroutine_thrown_into_while_a_late_task_ends_is_told_that)
{
    const struct job slow = {
        .name = "slow",
        .duration = COIL_MINUTE,
        .cleanup = COIL_SECOND,
    };
    struct coil_task *task = start_copy(&slow);
    struct driver a;

    turn();
    drive(&a, wait_no_time, coil_task_future(task));
    ASSERT(!a.done);
    throw_into(&a, -EIO);
    ASSERT_EQ(end_driver(&a), -EIO);
    ASSERT_EQ(end_of(task), -ECANCELED);
    SAID("slow! ");
}

static struct coil_future future;
static char answer;

static int await_three_times(void *arg)
{
    void *value = NULL;

    (void)arg;
    for (int i = 0; i < 3; i++) {
        int rc = coil_future_await(&future, &value);

        say("%d%s ", rc, value == &answer ? "A" : "");
    }
    return 0;
}

CORE_TEST(coroutine_driven_by_hand_awaits_a_future)
{
    struct driver a;

    drive(&a, await_three_times, NULL);
    ASSERT_PTR_NE(a.waits_for, &future);
    ASSERT_EQ(coil_future_set_result(&future, &answer), 0);
    SAID("");
    ASSERT_EQ(coil_future_result(a.waits_for, NULL), 0);
    turn();
    ASSERT_EQ(end_driver(&a), 0);
    SAID("0A 0A 0A ");
}

/* The driver throws the error that the call returns anyway: it arrives once. */
CORE_TEST(coroutine_driven_by_hand_is_told_an_error_once)
{
    struct driver a;

    drive(&a, await_three_times, NULL);
    ASSERT_EQ(coil_future_set_error(&future, -5), 0);
    ASSERT_EQ(coil_future_result(a.waits_for, NULL), -5);
    turn();
    ASSERT_EQ(end_driver(&a), 0);
    SAID("-5 -5 -5 ");
}

static int await_and_yield(void *arg)
{
    say("%d ", coil_future_await(&future, NULL));
    say("%d ", coil_yield());
    (void)arg;
    return 0;
}

CORE_TEST(coroutine_driven_by_hand_goes_on_after_an_error)
{
    struct driver a;

    drive(&a, await_and_yield, NULL);
    ASSERT_EQ(coil_future_set_error(&future, -5), 0);
    turn();
    SAID("-5 ");
    turn();
    ASSERT_EQ(end_driver(&a), 0);
    SAID("0 ");
}

CORE_TEST(coroutine_driven_by_hand_is_told_a_cancelled_future_once)
{
    struct driver a;

    drive(&a, await_and_yield, NULL);
    ASSERT(coil_future_cancel(&future));
    turn();
    turn();
    ASSERT_EQ(end_driver(&a), 0);
    SAID("-125 0 ");
}

CORE_TEST(coroutine_sent_to_too_early_yields_the_same_again)
{
    struct coil_coroutine *co = make(await_and_yield, NULL);
    void *first = NULL;
    void *second = NULL;

    ASSERT_EQ(coil_coroutine_send(co, NULL, &first), 1);
    ASSERT_EQ(coil_coroutine_send(co, NULL, &second), 1);
    ASSERT_PTR_EQ(first, second);
    ASSERT(!coil_future_is_done(first));
    ASSERT_EQ(coil_future_set_result(&future, NULL), 0);
    ASSERT(coil_future_is_done(first));
    ASSERT_EQ(coil_coroutine_send(co, NULL, NULL), 1);
    SAID("0 ");
    ASSERT_EQ(coil_coroutine_send(co, NULL, NULL), 0);
    SAID("0 ");
    coil_coroutine_free(co);
}

static struct coil_lock lock;

static int acquire_and_yield(void *arg)
{
    int rc = coil_lock_acquire(&lock);

    (void)arg;
    say("acquire %d ", rc);
    if (rc < 0)
        return rc;
    rc = coil_yield();
    say("yield %d ", rc);
    coil_lock_release(&lock);
    return rc;
}

CORE_TEST(coroutine_thrown_into_while_it_waits_gets_nothing)
{
    struct driver a;

    ASSERT_EQ(coil_lock_acquire(&lock), 0);
    drive(&a, acquire_and_yield, NULL);
    throw_into(&a, -ETIME);
    SAID("acquire -62 ");
    ASSERT_EQ(end_driver(&a), -ETIME);
    ASSERT_EQ(coil_lock_release(&lock), 0);
    ASSERT(!coil_lock_is_locked(&lock));
}

/* The future that it yielded is gone, and its callback is not called. */
CORE_TEST(coroutine_thrown_into_forgets_the_callbacks_of_its_future)
{
    struct coil_future_callback second = { .fn = NULL };
    struct driver a;

    ASSERT_EQ(coil_lock_acquire(&lock), 0);
    drive(&a, acquire_and_yield, NULL);
    ASSERT_EQ(coil_future_add_done_callback(a.waits_for, &second, wakeup, &a),
              0);
    ASSERT_EQ(coil_coroutine_throw(a.co, -ETIME, NULL), 0);
    ASSERT(!coil_future_remove_done_callback(a.waits_for, &a.callback));
    ASSERT(!coil_future_remove_done_callback(a.waits_for, &second));
    ASSERT_EQ(coil_lock_release(&lock), 0);
    turn();
    SAID("acquire -62 ");
    coil_coroutine_free(a.co);
}

/* §2.2 */
CORE_TEST(coroutine_thrown_into_after_the_grant_has_it_and_fails_next)
{
    struct driver a;

    ASSERT_EQ(coil_lock_acquire(&lock), 0);
    drive(&a, acquire_and_yield, NULL);
    ASSERT_EQ(coil_lock_release(&lock), 0);
    throw_into(&a, -ETIME);
    SAID("acquire 0 yield -62 ");
    ASSERT_EQ(end_driver(&a), -ETIME);
    ASSERT(!coil_lock_is_locked(&lock));
}

CORE_TEST(coroutine_freed_while_it_waits_gives_its_place_up)
{
    struct driver a;
    struct coil_task *next = start(acquire_and_yield, NULL);

    ASSERT_EQ(coil_lock_acquire(&lock), 0);
    drive(&a, acquire_and_yield, NULL);
    turn();
    coil_coroutine_free(a.co);
    SAID("acquire -125 ");
    ASSERT_EQ(coil_lock_release(&lock), 0);
    ASSERT_EQ(end_of(next), 0);
    SAID("acquire 0 yield 0 ");
}

CORE_TEST(coroutine_freed_after_the_grant_releases_what_it_holds)
{
    struct driver a;

    ASSERT_EQ(coil_lock_acquire(&lock), 0);
    drive(&a, acquire_and_yield, NULL);
    ASSERT_EQ(coil_lock_release(&lock), 0);
    coil_future_remove_done_callback(a.waits_for, &a.callback);
    coil_coroutine_free(a.co);
    SAID("acquire 0 yield -125 ");
    ASSERT(!coil_lock_is_locked(&lock));
}

CORE_TEST(coroutine_freed_while_it_sleeps_takes_its_timer_along)
{
    struct driver a;
    coil_time before = coil_now();

    drive(&a, sleep_and_say, "a");
    coil_coroutine_free(a.co);
    SAID("a-125 ");
    ASSERT_EQ(coil_test_settle(), 0);
    ASSERT_EQ(coil_now(), before);
}

CORE_TEST(coroutine_freed_while_it_yields_is_ended)
{
    struct driver a;

    drive(&a, yield_thrice, "a");
    coil_future_remove_done_callback(a.waits_for, &a.callback);
    ASSERT_EQ(coil_coroutine_throw(a.co, -ECANCELED, NULL), 0);
    ASSERT_EQ(coil_coroutine_result(a.co), -ECANCELED);
    coil_coroutine_free(a.co);
}

/* A cancellation is passed on to the awaited task, as a task does it … */
CORE_TEST(coroutine_cancelled_by_hand_cancels_what_it_awaits)
{
    struct driver a;

    drive(&a, await_future, &future);
    throw_into(&a, -ECANCELED);
    ASSERT_EQ(end_driver(&a), -ECANCELED);
    ASSERT(coil_future_is_cancelled(&future));
}

/* … and an error does not. */
CORE_TEST(coroutine_thrown_into_leaves_what_it_awaits_alone)
{
    struct driver a;
    struct coil_task *task = start_job("task", COIL_SECOND, 3);

    drive(&a, await_future, &future);
    throw_into(&a, -ETIME);
    ASSERT_EQ(end_driver(&a), -ETIME);
    ASSERT(!coil_future_is_done(&future));

    drive(&a, await_task, task);
    throw_into(&a, -ETIME);
    ASSERT_EQ(end_driver(&a), -ETIME);
    ASSERT_EQ(end_of(task), 3);
    SAID("task ");
}

CORE_TEST(coroutine_driven_by_hand_awaits_a_task)
{
    struct driver a;
    struct coil_task *task = start_job("task", COIL_SECOND, 3);

    drive(&a, await_task, task);
    coil_task_release(task);
    ASSERT_EQ(coil_sleep(2 * COIL_SECOND), 0);
    SAID("task ");
    ASSERT_EQ(end_driver(&a), 3);
}

CORE_TEST(coroutine_driven_by_hand_is_told_a_tasks_error)
{
    struct driver a;
    struct coil_task *task = start_job("task", COIL_SECOND, -EIO);

    drive(&a, await_task, task);
    coil_task_release(task);
    ASSERT_EQ(coil_sleep(2 * COIL_SECOND), 0);
    SAID("task ");
    ASSERT_EQ(end_driver(&a), -EIO);
}

/* free() returns without another task having to run. */
CORE_TEST(coroutine_freed_while_it_awaits_a_task_does_not_wait_for_it)
{
    struct driver a;
    const struct job job = { .name = "task",
                             .duration = COIL_MINUTE,
                             .cleanup = COIL_SECOND };
    struct coil_task *task = start_copy(&job);

    drive(&a, await_task, task);
    turn();
    coil_coroutine_free(a.co);
    SAID("");
    ASSERT_EQ(coil_task_cancelling(task), 1);
    ASSERT_EQ(end_of(task), -ECANCELED);
    SAID("task! ");
}

static int gather_two(void *arg)
{
    int rc = coil_gather(arg, 2, 0);

    say("gather %d ", rc);
    return rc;
}

static int wait_for_two(void *arg)
{
    int rc = coil_wait(arg, 2, COIL_ALL_COMPLETED, COIL_NEVER);

    say("wait %d ", rc);
    return rc;
}

CORE_TEST(coroutine_driven_by_hand_waits_for_several)
{
    struct driver a, b;
    struct coil_task *task = start_job("task", COIL_SECOND, 3);
    struct coil_future *both[] = { coil_task_future(task), &future };

    drive(&a, gather_two, both);
    drive(&b, wait_for_two, both);
    ASSERT_EQ(coil_sleep(2 * COIL_SECOND), 0);
    SAID("task ");
    ASSERT_EQ(coil_future_set_result(&future, NULL), 0);
    turn();
    SAID("gather 0 wait 2 ");
    ASSERT_EQ(end_driver(&a), 0);
    ASSERT_EQ(end_driver(&b), 2);
    coil_task_release(task);
}

CORE_TEST(coroutine_freed_while_it_gathers_does_not_wait_for_the_tasks)
{
    struct driver a;
    struct coil_task *task = start_job("task", COIL_SECOND, 3);
    struct coil_future *both[] = { coil_task_future(task), &future };

    drive(&a, gather_two, both);
    turn();
    coil_coroutine_free(a.co);
    SAID("gather -125 ");
    ASSERT(coil_future_is_cancelled(&future));
    ASSERT_EQ(end_of(task), -ECANCELED);
    SAID("task! ");
}

CORE_TEST(coroutine_thrown_into_while_it_gathers_leaves_the_futures_alone)
{
    struct driver a;
    struct coil_task *task = start_job("task", COIL_SECOND, 3);
    struct coil_future *both[] = { coil_task_future(task), &future };

    drive(&a, gather_two, both);
    turn();
    throw_into(&a, -ETIME);
    SAID("gather -62 ");
    ASSERT_EQ(end_driver(&a), -ETIME);
    ASSERT(!coil_future_is_done(&future));
    ASSERT_EQ(end_of(task), 3);
    SAID("task ");
}

CORE_TEST(coroutine_freed_while_it_waits_for_several_leaves_them_alone)
{
    struct driver a;
    struct coil_task *task = start_job("task", COIL_SECOND, 3);
    struct coil_future *both[] = { coil_task_future(task), &future };

    drive(&a, wait_for_two, both);
    turn();
    coil_coroutine_free(a.co);
    SAID("wait -125 ");
    ASSERT(!coil_future_is_done(&future));
    ASSERT_EQ(end_of(task), 3);
    SAID("task ");
}

static struct coil_condition condition;

static int wait_for_change(void *arg)
{
    int rc;

    (void)arg;
    ASSERT_EQ(coil_condition_acquire(&condition), 0);
    rc = coil_condition_wait(&condition);
    coil_condition_release(&condition);
    return rc;
}

CORE_TEST(coroutine_freed_while_it_waits_for_a_change_gets_the_lock_first)
{
    struct driver a;

    drive(&a, wait_for_change, NULL);
    ASSERT(!coil_condition_is_locked(&condition));
    coil_coroutine_free(a.co);
    ASSERT(!coil_condition_is_locked(&condition));
}

static int free_while_others_hold_the_lock(void *arg)
{
    struct driver a;

    (void)arg;
    drive(&a, wait_for_change, NULL);
    ASSERT_EQ(coil_condition_acquire(&condition), 0);
    coil_coroutine_free(a.co);
    return 0;
}

/*
 * The coroutine needs the lock before it can end, and no task can release it.
 */
PANIC_TEST(coroutine_that_cannot_be_ended_stops_the_program,
           "that cannot be interrupted")
{
    coil_test_run(free_while_others_hold_the_lock, NULL, 0);
}

static int free_itself(void *arg)
{
    (void)arg;
    coil_coroutine_free(coil_coroutine_current());
    return 0;
}

static int send_to_one_that_frees_itself(void *arg)
{
    (void)arg;
    return coil_coroutine_send(make(free_itself, NULL), NULL, NULL);
}

/* The message names a task, and such a coroutine is not a task. */
PANIC_TEST(coroutine_by_hand_that_stops_the_program_is_no_task,
           "a running coroutine cannot be freed\n")
{
    coil_test_run(send_to_one_that_frees_itself, NULL, 0);
}
