/* SPDX-License-Identifier: MIT */
/*
 * Which tasks a waiting task needs: the dump shows them below it, and the
 * cycles of a deadlock are made of them.
 */
#include <coil/as_completed.h>
#include <coil/lock.h>
#include <coil/staggered_race.h>

#include "task/needs.h"
#include "task/task.h"
#include "sched/wait.h"
#include "bodies.h"
#include "jobs.h"

static const char *name_of(uint64_t id)
{
    struct coil_task *tasks[16];
    size_t count = coil_all_tasks(tasks, 16);

    ASSERT_LE(count, 16);
    for (size_t i = 0; i < count; i++) {
        if (coil_task_id(tasks[i]) == id)
            return coil_task_name(tasks[i]);
    }
    return "?";
}

/* "any:a any:b ", or "nobody ". */
static void say_needs(struct coil_task *task)
{
    static const char *const words[] = { "none", "holder", "task", "all",
                                         "any" };
    const struct coil_waiter *w = task->co.parked;
    const void *cursor = NULL;
    uint64_t id = 0;
    enum coil_need need = coil__need_next(w, &cursor, &id);

    if (need == COIL_NEED_NONE)
        say("nobody ");
    for (; need; need = coil__need_next(w, &cursor, &id))
        say("%s:%s ", words[need], name_of(id));
}

static int wait_for_ever(void *arg)
{
    struct coil_future never = COIL_FUTURE_INIT;

    (void)arg;
    return coil_future_await(&never, NULL);
}

static struct coil_task *start_named_waiter(const char *name)
{
    struct coil_task *task = start(wait_for_ever, NULL);

    coil_task_set_name(task, name);
    return task;
}

/* ---- several futures: one is done, one is no task, two are tasks ---- */

static struct coil_future plain;
static struct coil_task *ended, *a, *b;
static struct coil_future *four[4];

static void make_four(void)
{
    coil_future_init(&plain);
    ended = start_job("ended", 0, 0);
    ASSERT_EQ(coil_task_await(ended), 0);
    a = start_named_waiter("a");
    b = start_named_waiter("b");
    four[0] = coil_task_future(ended);
    four[1] = coil_task_future(a);
    four[2] = &plain;
    four[3] = coil_task_future(b);
    SAID("ended ");
}

static void end_four(void)
{
    coil_task_release(ended);
    if (coil_task_is_done(a)) {
        coil_task_release(a);
        coil_task_release(b);
        return;
    }
    end_cancelled(a);
    end_cancelled(b);
}

static int gather_four(void *arg)
{
    (void)arg;
    return coil_gather(four, 4, 0);
}

CORE_TEST(wait_needs_all_tasks_that_are_gathered_and_run)
{
    struct coil_task *task;

    make_four();
    task = start(gather_four, NULL);
    turn();
    say_needs(task);
    SAID("all:a all:b ");
    end_cancelled(task);
    end_four();
}

static int wait_for_four(void *arg)
{
    const coil_time *limit = arg;

    return coil_wait(four, 4, COIL_ALL_COMPLETED, *limit);
}

CORE_TEST(wait_needs_nobody_for_certain_up_to_a_limit)
{
    static const coil_time limits[] = { COIL_NEVER, COIL_MINUTE };
    static const char *const expected[] = { "all:a all:b ", "any:a any:b " };

    for (int i = 0; i < 2; i++) {
        struct coil_task *task;

        make_four();
        task = start(wait_for_four, &limits[i]);
        turn();
        say_needs(task);
        SAID(expected[i]);
        end_cancelled(task);
        end_four();
    }
}

static struct coil_as_completed it;

static int take_next(void *arg)
{
    struct coil_future *future;

    (void)arg;
    return coil_as_completed_next(&it, &future);
}

CORE_TEST(wait_needs_any_task_that_may_be_the_next)
{
    struct coil_future *future;
    struct coil_task *task;

    make_four();
    ASSERT_EQ(coil_as_completed_begin(&it, four, 4, COIL_NEVER), 0);
    ASSERT_EQ(coil_as_completed_next(&it, &future), 1);
    ASSERT_PTR_EQ(future, four[0]);
    task = start(take_next, NULL);
    turn();
    say_needs(task);
    SAID("any:a any:b ");
    end_cancelled(task);
    coil_as_completed_end(&it);
    end_four();
}

/* ---- a race ---- */

static struct coil_racer racers[3];

static int race(void *arg)
{
    (void)arg;
    return coil_staggered_race(racers, 3, 0);
}

static int run_racer(void *arg)
{
    coil_task_set_name(coil_current_task(), arg);
    return wait_for_ever(NULL);
}

static int end_slowly(void *arg)
{
    int rc = run_racer(arg);

    ASSERT_EQ(coil_sleep(COIL_SECOND), 0);
    return rc;
}

CORE_TEST(wait_needs_no_racer_that_could_not_be_started)
{
    struct coil_task *task;

    for (int i = 0; i < 3; i++) {
        static char names[3][2] = { "a", "b", "c" };

        racers[i] = (struct coil_racer){ .fn = run_racer, .arg = names[i] };
    }
    task = start(race, NULL);
    coil_test_fail_allocation(2, false);
    turn();
    coil_test_fail_allocation(0, false);
    turn();
    ASSERT_EQ(racers[1].result, -ENOMEM);
    say_needs(task);
    SAID("any:a any:c ");
    end_cancelled(task);
}

CORE_TEST(wait_needs_all_racers_when_the_race_is_cancelled)
{
    struct coil_task *task;

    for (int i = 0; i < 3; i++) {
        static char names[3][2] = { "a", "b", "c" };

        racers[i] = (struct coil_racer){ .fn = end_slowly, .arg = names[i] };
    }
    racers[1].fn = run_racer;
    task = start(race, NULL);
    turn();
    turn();
    cancel(task);
    turn();
    turn();
    say_needs(task);
    SAID("all:a all:c ");
    ASSERT_EQ(end_of(task), -ECANCELED);
}

/* ---- what no task has in its hands ---- */

static struct coil_lock lock;

static void take_lock(void *arg)
{
    (void)arg;
    ASSERT_EQ(coil_lock_try_acquire(&lock), 0);
}

CORE_TEST(wait_needs_nobody_for_a_lock_that_a_callback_took)
{
    struct coil_handle handle = { 0 };
    struct coil_task *task;

    ASSERT_EQ(
        coil_loop_call_soon(coil_loop_current(), &handle, take_lock, NULL), 0);
    turn();
    task = start(acquire_lock, &lock);
    turn();
    say_needs(task);
    SAID("nobody ");
    end_cancelled(task);
}

static int shield_future(void *arg)
{
    return coil_shield(arg, NULL);
}

CORE_TEST(wait_needs_a_shielded_task_but_nobody_for_another_future)
{
    struct coil_task *first, *second;

    make_four();
    first = start(shield_future, coil_task_future(a));
    second = start(shield_future, &plain);
    turn();
    say_needs(first);
    say_needs(second);
    SAID("task:a nobody ");
    end_cancelled(first);
    end_cancelled(second);
    end_four();
}
