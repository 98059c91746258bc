/* SPDX-License-Identifier: MIT */
/*
 * Statements of docs/conformance.md about two modules together, or about two
 * loops.
 */
#include <coil/lock.h>

#include "bodies.h"
#include "jobs.h"

/* ---- two loops of one thread ---------------------------------------------- */

static struct coil_loop *loops[2];
static struct coil_future shared = COIL_FUTURE_INIT;
static struct coil_lock shared_lock = COIL_LOCK_INIT;
static int answer = 42;

static void open_loops(void)
{
    const struct coil_loop_options options = {
        .backend = COIL_BACKEND_SIMULATOR,
    };

    ASSERT_EQ(coil_loop_new(&loops[0], &options), 0);
    ASSERT_EQ(coil_loop_new(&loops[1], &options), 0);
}

static void close_loops(void)
{
    ASSERT_EQ(coil_loop_close(loops[0], NULL), 0);
    ASSERT_EQ(coil_loop_close(loops[1], NULL), 0);
}

static int await_shared(void *arg)
{
    void *value;
    int rc = coil_future_await(&shared, &value);

    (void)arg;
    ASSERT_PTR_EQ(value, &answer);
    return rc;
}

static int wait_for_the_shared_lock(void *arg)
{
    (void)arg;
    ASSERT_EQ(coil_lock_acquire(&shared_lock), 0);
    return coil_lock_release(&shared_lock);
}

/* Start fn on the first loop and let it run until it waits. */
static struct coil_task *start_on_the_first(coil_fn fn)
{
    struct coil_scheduler *scheduler = coil_loop_scheduler(loops[0]);
    struct coil_task *task;

    ASSERT_EQ(coil_scheduler_enter(scheduler), 0);
    task = start(fn, NULL);
    coil_scheduler_leave(scheduler);
    coil_loop_stop(loops[0]);
    ASSERT_EQ(coil_loop_run_forever(loops[0]), 0);
    ASSERT(!coil_task_is_done(task));
    return task;
}

static void end_on_the_first(struct coil_task *task)
{
    ASSERT(!coil_task_is_done(task));
    ASSERT_EQ(coil_loop_run_until_done(loops[0], coil_task_future(task)), 0);
    coil_task_release(task);
}

static int complete_shared(void *arg)
{
    return coil_future_set_result(&shared, arg);
}

static int release_shared(void *arg)
{
    (void)arg;
    return coil_lock_release(&shared_lock);
}

/*
 * FUT-10, LOOP-13: a future is memory; the task that awaits it goes on in its
 * own loop.
 */
TEST(conformance_core_future_belongs_to_no_loop)
{
    struct coil_task *task;

    open_loops();
    task = start_on_the_first(await_shared);
    ASSERT_EQ(coil_loop_run_until_complete(loops[1], complete_shared, &answer),
              0);
    end_on_the_first(task);
    ASSERT_EQ(coil_loop_run_until_done(loops[1], &shared), 0);
    close_loops();
}

/* LK-7: a lock is memory too. */
TEST(conformance_core_lock_belongs_to_no_loop)
{
    struct coil_task *task;

    ASSERT_EQ(coil_lock_try_acquire(&shared_lock), 0);
    open_loops();
    task = start_on_the_first(wait_for_the_shared_lock);
    ASSERT_EQ(coil_loop_run_until_complete(loops[1], release_shared, NULL), 0);
    ASSERT(coil_lock_is_locked(&shared_lock));
    end_on_the_first(task);
    ASSERT(!coil_lock_is_locked(&shared_lock));
    close_loops();
}

/* ---- errors that nobody looks at ------------------------------------------ */

/* CAN-12 */
CORE_TEST(conformance_core_error_is_not_reported_of_what_was_cancelled_too_late)
{
    struct coil_task *task = start(fail, NULL);

    turn();
    ASSERT(!coil_task_cancel(task));
    ASSERT_EQ(coil_task_cancelling(task), 0);
    coil_task_release(task);
    ASSERT_EQ(report_count, 0);
}

/* ---- shields under other waits --------------------------------------------- */

static int shield_task(void *arg)
{
    return coil_shield(coil_task_future(arg), NULL);
}

static int shield_for_a_while(void *arg)
{
    struct coil_timeout limit;
    int rc;

    ASSERT_EQ(coil_timeout_begin(&limit, COIL_SECOND), 0);
    rc = shield_task(arg);
    return coil_timeout_end(&limit, rc);
}

/* WF-5 */
CORE_TEST(conformance_core_timeout_around_a_shield_ends_the_wait_not_the_work)
{
    struct coil_task *work = start_job("work", 2 * COIL_SECOND, 7);

    ASSERT_EQ(shield_for_a_while(work), -ETIMEDOUT);
    SAID("");
    ASSERT(!coil_task_is_done(work));
    ASSERT_EQ(coil_task_cancelling(work), 0);
    ASSERT_EQ(end_of(work), 7);
    SAID("work ");
}

/* WF-5 */
CORE_TEST(conformance_core_wait_for_a_shielding_task_leaves_the_work)
{
    struct coil_task *work = start_job("work", 2 * COIL_SECOND, 7);
    struct coil_task *shield = start(shield_task, work);

    ASSERT_EQ(coil_wait_for(coil_task_future(shield), COIL_SECOND, NULL),
              -ETIMEDOUT);
    ASSERT(coil_task_is_cancelled(shield));
    coil_task_release(shield);
    ASSERT_EQ(end_of(work), 7);
    SAID("work ");
}

/* WF-5: with no time at all, and with as much as it takes. */
CORE_TEST(conformance_core_wait_for_a_shielding_task_without_time_or_limit)
{
    struct coil_task *work = start_job("work", COIL_SECOND, 7);
    struct coil_task *shield = start(shield_task, work);

    turn();
    ASSERT_EQ(coil_wait_for(coil_task_future(shield), 0, NULL), -ETIMEDOUT);
    coil_task_release(shield);
    ASSERT(!coil_task_is_done(work));
    shield = start(shield_task, work);
    ASSERT_EQ(coil_wait_for(coil_task_future(shield), COIL_NEVER, NULL), 7);
    coil_task_release(shield);
    ASSERT_EQ(end_of(work), 7);
    SAID("work ");
}

static int gather_two(void *arg)
{
    return coil_gather(arg, 2, 0);
}

/* G-6: test_gather_shield */
CORE_TEST(conformance_core_gather_of_shielding_tasks_cancels_only_these)
{
    struct coil_task *a = start_job("a", COIL_SECOND, 1);
    struct coil_task *b = start_job("b", COIL_SECOND, 2);
    struct coil_task *shields[] = { start(shield_task, a),
                                    start(shield_task, b) };
    struct coil_future *both[] = { coil_task_future(shields[0]),
                                   coil_task_future(shields[1]) };
    struct coil_task *parent = start(gather_two, both);

    turn();
    cancel(parent);
    ASSERT_EQ(end_of(parent), -ECANCELED);
    ASSERT_EQ(end_of(shields[0]), -ECANCELED);
    ASSERT_EQ(end_of(shields[1]), -ECANCELED);
    SAID("");
    ASSERT_EQ(end_of(a), 1);
    ASSERT_EQ(end_of(b), 2);
    SAID("a b ");
}

/* G-6: test_shield_gather */
CORE_TEST(conformance_core_gather_in_a_shielded_task_goes_on)
{
    struct coil_task *a = start_job("a", COIL_SECOND, 1);
    struct coil_task *b = start_job("b", COIL_SECOND, 2);
    struct coil_future *both[] = { coil_task_future(a), coil_task_future(b) };
    struct coil_task *parent = start(gather_two, both);
    struct coil_task *waiter = start(shield_task, parent);

    turn();
    turn();
    cancel(waiter);
    ASSERT_EQ(end_of(waiter), -ECANCELED);
    SAID("");
    ASSERT_EQ(end_of(parent), 0);
    SAID("a b ");
    ASSERT_EQ(end_of(a), 1);
    ASSERT_EQ(end_of(b), 2);
}
