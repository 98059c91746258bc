/* SPDX-License-Identifier: MIT */
/*
 * The staggered race against B12 of asyncio's behaviour, ST-1: who is started
 * when, who wins, and that no loser runs on.
 */
#include <limits.h>

#include <coil/staggered_race.h>

#include "task/needs.h"
#include "task/task.h"
#include "sched/wait.h"
#include "jobs.h"

enum { MOST = 4 };

static struct job jobs[MOST];
static struct coil_racer racers[MOST];

/* Say "+name" at the start; then as do_job(). */
static int run_job(void *arg)
{
    const struct job *job = arg;

    say("+%s ", job->name);
    return do_job(arg);
}

/* Racer i takes so many seconds and returns `result`. */
static void racer(size_t i, int seconds, int result)
{
    static const char *const names[MOST] = { "a", "b", "c", "d" };

    jobs[i] = (struct job){
        .name = names[i],
        .duration = seconds * COIL_SECOND,
        .result = result,
    };
    racers[i] = (struct coil_racer){ .fn = run_job, .arg = &jobs[i] };
}

static int race(size_t count, coil_time delay)
{
    return coil_staggered_race(racers, count, delay);
}

#define ASSERT_RESULT(i, code)                                                 \
    do {                                                                       \
        ASSERT(racers[i].started);                                             \
        ASSERT_EQ(racers[i].result, code);                                     \
    } while (0)

static void assert_not_started(size_t i)
{
    ASSERT(!racers[i].started);
    ASSERT_EQ(racers[i].result, 0);
}

/* ---- who wins ---- */

/* ST-1: the second racer is not even started. */
CORE_TEST(staggered_race_first_wins_within_its_head_start)
{
    racer(0, 1, 7);
    racer(1, 1, 8);
    ASSERT_EQ(race(2, 2 * COIL_SECOND), 0);
    ASSERT_RESULT(0, 7);
    assert_not_started(1);
    SAID("+a a ");
    ASSERT_EQ(coil_now(), COIL_SECOND);
}

/* ST-1 */
CORE_TEST(staggered_race_next_starts_after_the_delay)
{
    racer(0, 5, 0);
    racer(1, 1, 0);
    racer(2, 1, 0);
    ASSERT_EQ(race(3, 2 * COIL_SECOND), 1);
    ASSERT_EQ(coil_now(), 3 * COIL_SECOND);
    ASSERT_RESULT(0, -ECANCELED);
    ASSERT_RESULT(1, 0);
    assert_not_started(2);
    SAID("+a +b b a! ");
}

/* ST-1 */
CORE_TEST(staggered_race_next_starts_when_one_fails)
{
    racer(0, 1, -EIO);
    racer(1, 1, -ENXIO);
    racer(2, 1, 3);
    ASSERT_EQ(race(3, 60 * COIL_SECOND), 2);
    ASSERT_EQ(coil_now(), 3 * COIL_SECOND);
    ASSERT_RESULT(0, -EIO);
    ASSERT_RESULT(1, -ENXIO);
    ASSERT_RESULT(2, 3);
    SAID("+a a +b b +c c ");
}

/* ST-1: a racer that fails after its head start does not start another. */
CORE_TEST(staggered_race_only_the_last_started_hastens_the_next)
{
    racer(0, 3, -EIO);
    racer(1, 9, 0);
    racer(2, 1, 0);
    ASSERT_EQ(race(3, 2 * COIL_SECOND), 2);
    ASSERT_EQ(coil_now(), 5 * COIL_SECOND);
    SAID("+a +b a +c c b! ");
}

/* ST-1: delay=None */
CORE_TEST(staggered_race_without_a_delay_starts_only_after_a_failure)
{
    racer(0, 60, -EIO);
    racer(1, 1, 0);
    racer(2, 1, 0);
    ASSERT_EQ(race(3, COIL_NEVER), 1);
    ASSERT_EQ(coil_now(), 61 * COIL_SECOND);
    assert_not_started(2);
    SAID("+a a +b b ");
}

CORE_TEST(staggered_race_of_no_delay_starts_all_at_once)
{
    racer(0, 3, 0);
    racer(1, 2, 0);
    racer(2, 1, 0);
    ASSERT_EQ(race(3, 0), 2);
    ASSERT_EQ(coil_now(), COIL_SECOND);
    SAID("+a +b +c c a! b! ");
}

/* ST-1 */
CORE_TEST(staggered_race_that_all_lose_returns_the_first_error)
{
    racer(0, 3, -EIO);
    racer(1, 1, -ENXIO);
    racer(2, 1, -EPIPE);
    ASSERT_EQ(race(3, 1 * COIL_SECOND), -ENXIO);
    ASSERT_RESULT(0, -EIO);
    ASSERT_RESULT(1, -ENXIO);
    ASSERT_RESULT(2, -EPIPE);
    SAID("+a +b b +c a c ");
}

/* ST-1: an empty race is an error here, because there is no winner to name. */
CORE_TEST(staggered_race_of_nobody_is_refused)
{
    ASSERT_EQ(race(0, COIL_SECOND), -EINVAL);
}

/* The winner's number is an int. */
CORE_TEST(staggered_race_of_more_than_can_be_numbered_is_refused)
{
    ASSERT_EQ(race((size_t)INT_MAX + 1, COIL_SECOND), -EINVAL);
    ASSERT(!racers[0].started);
}

CORE_TEST(staggered_race_of_one)
{
    racer(0, 1, 5);
    ASSERT_EQ(race(1, COIL_SECOND), 0);
    racer(0, 1, -EIO);
    ASSERT_EQ(race(1, COIL_SECOND), -EIO);
    racer(0, 0, 5); /* without waiting */
    ASSERT_EQ(race(1, COIL_SECOND), 0);
    SAID("+a a +a a +a a ");
}

/* The array may hold the results of an earlier race. */
CORE_TEST(staggered_race_can_be_run_again)
{
    racer(0, 5, 0);
    racer(1, 1, 0);
    ASSERT_EQ(race(2, COIL_SECOND), 1);
    jobs[0].duration = 0;
    ASSERT_EQ(race(2, COIL_SECOND), 0);
    ASSERT_RESULT(0, 0);
    assert_not_started(1);
    SAID("+a +b b a! +a a ");
}

/*
 * A failure and the end of a head start in one turn start one racer, not two.
 */
CORE_TEST(staggered_race_starts_one_at_a_time)
{
    racer(0, 2, -EIO);
    racer(1, 5, 0);
    racer(2, 1, 0);
    ASSERT_EQ(race(3, 2 * COIL_SECOND), 2);
    ASSERT_EQ(coil_now(), 5 * COIL_SECOND);
    SAID("+a a +b +c c b! ");
}

/* ---- the losers ---- */

/* ST-1: the losers are cancelled and awaited. */
CORE_TEST(staggered_race_ends_when_the_losers_have)
{
    racer(0, 60, 0);
    racer(1, 1, 0);
    jobs[0].cleanup = 10 * COIL_SECOND;
    ASSERT_EQ(race(2, COIL_SECOND), 1);
    ASSERT_EQ(coil_now(), 12 * COIL_SECOND);
    ASSERT_EQ(coil_all_tasks(NULL, 0), 1);
    SAID("+a +b b a! ");
}

CORE_TEST(staggered_race_losers_error_is_its_result)
{
    racer(0, 60, 0);
    racer(1, 1, 0);
    jobs[0].failure = -EIO;
    ASSERT_EQ(race(2, COIL_SECOND), 1);
    ASSERT_RESULT(0, -EIO);
    SAID("+a +b b a! ");
}

/*
 * Two succeed in one turn: the first wins, and the other's success is reported.
 */
CORE_TEST(staggered_race_tells_of_a_second_success)
{
    racer(0, 2, 7);
    racer(1, 1, 8);
    ASSERT_EQ(race(2, COIL_SECOND), 0);
    ASSERT_RESULT(0, 7);
    ASSERT_RESULT(1, 8);
    SAID("+a +b a b ");
}

/* A racer ignores its cancellation. */
CORE_TEST(staggered_race_tells_of_a_success_in_spite)
{
    racer(0, 60, 7);
    racer(1, 1, 8);
    jobs[0].failure = 9; /* its result then */
    ASSERT_EQ(race(2, COIL_SECOND), 1);
    ASSERT_RESULT(0, 9);
    ASSERT_RESULT(1, 8);
    SAID("+a +b b a! ");
}

static int cancel_oneself(void *arg)
{
    (void)arg;
    cancel_self();
    return coil_yield();
}

/* ST-1: a racer that cancels itself has failed. */
CORE_TEST(staggered_race_goes_on_after_one_cancelled_itself)
{
    racer(1, 1, 0);
    racers[0] = (struct coil_racer){ .fn = cancel_oneself };
    ASSERT_EQ(race(2, 60 * COIL_SECOND), 1);
    ASSERT_RESULT(0, -ECANCELED);
    ASSERT_EQ(coil_now(), COIL_SECOND);
    SAID("+b b ");
}

static int cancel_all_others(void *arg)
{
    struct coil_task *tasks[8];
    size_t n = coil_all_tasks(tasks, 8);

    for (size_t i = 0; i < n; i++)
        if (tasks[i] != arg && tasks[i] != coil_current_task())
            coil_task_cancel(tasks[i]);
    return 0;
}

/* CAN-2: the racer never ran, and the race is told of it. */
CORE_TEST(staggered_race_goes_on_after_one_was_cancelled_unrun)
{
    struct coil_task *other;

    racer(0, 1, 0);
    racer(1, 1, 0);
    other = start(cancel_all_others, coil_current_task());
    jobs[0].name = "never";
    ASSERT_EQ(race(2, 60 * COIL_SECOND), 1);
    ASSERT_RESULT(0, -ECANCELED);
    ASSERT_EQ(end_of(other), 0);
    SAID("+b b ");
}

/* ---- the caller is cancelled ---- */

static int run_race(void *arg)
{
    size_t *count = arg;
    int rc = race(*count, COIL_SECOND);

    say("=%d ", rc);
    return rc;
}

static size_t two = 2;

/* ST-1 */
CORE_TEST(staggered_race_cancelled_cancels_all)
{
    struct coil_task *task;

    racer(0, 60, 0);
    racer(1, 60, 0);
    racer(2, 60, 0);
    jobs[0].cleanup = 10 * COIL_SECOND;
    jobs[1].failure = -EIO;
    task = start(run_race, &two);
    ASSERT_EQ(coil_sleep(3 * COIL_SECOND), 0);
    cancel(task);
    ASSERT_EQ(end_of(task), -ECANCELED);
    ASSERT_EQ(coil_now(), 13 * COIL_SECOND);
    ASSERT_RESULT(0, -ECANCELED);
    ASSERT_RESULT(1, -EIO);
    ASSERT_EQ(coil_all_tasks(NULL, 0), 1);
    SAID("+a +b b! a! =-125 ");
}

CORE_TEST(staggered_race_cancelled_starts_no_more)
{
    struct coil_task *task;

    racer(0, 60, 0);
    racer(1, 1, 0);
    jobs[0].cleanup = 10 * COIL_SECOND;
    task = start(run_race, &two);
    turn(); /* the race begins */
    turn(); /* a does */
    cancel(task);
    ASSERT_EQ(end_of(task), -ECANCELED);
    assert_not_started(1);
    SAID("+a a! =-125 ");
}

CORE_TEST(staggered_race_cancelled_before_it_runs_starts_nobody)
{
    struct coil_task *task;

    racer(0, 60, 0);
    racer(1, 1, 0);
    task = start(run_race, &two);
    cancel(task);
    ASSERT_EQ(end_of(task), -ECANCELED);
    cancel_self();
    ASSERT_EQ(race(2, COIL_SECOND), -ECANCELED);
    SAID("");
}

/* CAN-2 */
CORE_TEST(staggered_race_cancelled_before_the_first_runs)
{
    struct coil_task *task;

    racer(0, 60, 0);
    racer(1, 1, 0);
    task = start(run_race, &two);
    turn();
    cancel(task);
    ASSERT_EQ(end_of(task), -ECANCELED);
    ASSERT_RESULT(0, -ECANCELED);
    SAID("=-125 ");
}

static int race_and_look(void *arg)
{
    int rc = run_race(arg);

    say("%d ", coil_yield());
    return rc;
}

/*
 * The race returns the success that came; the next call reports the
 * cancellation.
 */
CORE_TEST(staggered_race_cancelled_returns_a_success_in_spite)
{
    struct coil_task *task;

    racer(0, 60, 0);
    racer(1, 1, 0);
    jobs[0].failure = 9;
    task = start(race_and_look, &two);
    turn(); /* the race begins */
    turn(); /* a does */
    cancel(task);
    ASSERT_EQ(end_of(task), 0);
    ASSERT_RESULT(0, 9);
    SAID("+a a! =0 -125 ");
}

/* There is a winner: the request waits for the next call. */
CORE_TEST(staggered_race_won_first_is_not_cancelled)
{
    struct coil_handle call = { 0 };
    struct coil_task *task;

    racer(0, 60, 0);
    racer(1, 1, 0);
    jobs[0].cleanup = 10 * COIL_SECOND;
    task = start(race_and_look, &two);
    coil_loop_call_later(coil_loop_current(), &call, 5 * COIL_SECOND, cancel,
                         task);
    ASSERT_EQ(end_of(task), 1);
    ASSERT_EQ(coil_now(), 12 * COIL_SECOND);
    SAID("+a +b b a! =1 -125 ");
}

static int fail_and_cancel(void *task)
{
    cancel(*(struct coil_task **)task);
    return -EIO;
}

/* The news of a failure had woken the race when it was cancelled. */
CORE_TEST(staggered_race_cancelled_after_news_starts_no_more)
{
    struct coil_task *task;

    racer(1, 1, 0);
    racers[0] = (struct coil_racer){ .fn = fail_and_cancel, .arg = &task };
    task = start(run_race, &two);
    ASSERT_EQ(end_of(task), -ECANCELED);
    ASSERT_RESULT(0, -EIO);
    assert_not_started(1);
    SAID("=-125 ");
}

/* … and a racer that is running then is cancelled, once. */
CORE_TEST(staggered_race_cancelled_after_news_cancels_the_rest)
{
    struct coil_task *task;

    racer(0, 60, 0);
    jobs[0].cleanup = 10 * COIL_SECOND;
    racers[1] = (struct coil_racer){ .fn = fail_and_cancel, .arg = &task };
    racer(2, 1, 0);
    task = start(run_race, &(size_t){ 3 });
    ASSERT_EQ(end_of(task), -ECANCELED);
    ASSERT_EQ(coil_now(), 11 * COIL_SECOND);
    assert_not_started(2);
    SAID("+a a! =-125 ");
}

/* CAN-8 */
CORE_TEST(staggered_race_cancelled_twice_is_told_once)
{
    struct coil_task *task;

    racer(0, 60, 0);
    racer(1, 60, 0);
    jobs[0].cleanup = 10 * COIL_SECOND;
    task = start(race_and_look, &two);
    ASSERT_EQ(coil_sleep(3 * COIL_SECOND), 0);
    cancel(task);
    cancel(task);
    ASSERT_EQ(end_of(task), -ECANCELED);
    SAID("+a +b b! a! =-125 0 ");
}

CORE_TEST(staggered_race_under_a_timeout)
{
    struct coil_timeout limit;
    int rc;

    racer(0, 60, 0);
    racer(1, 60, 0);
    ASSERT_EQ(coil_timeout_begin(&limit, 5 * COIL_SECOND), 0);
    rc = race(2, COIL_SECOND);
    ASSERT_EQ(coil_timeout_end(&limit, rc), -ETIMEDOUT);
    ASSERT_EQ(coil_now(), 5 * COIL_SECOND);
    ASSERT_EQ(coil_yield(), 0);
    SAID("+a +b a! b! ");
}

/* ---- for the dump, and for the cycles of a deadlock ---- */

static enum coil_need needs(struct coil_task *task, uint64_t ids[2])
{
    const struct coil_waiter *w = task->co.parked;
    const void *cursor = NULL;
    enum coil_need need = coil__need_next(w, &cursor, &ids[0]);

    ids[1] = 0;
    if (need == COIL_NEED_NONE)
        return need;
    if (coil__need_next(w, &cursor, &ids[1]) == COIL_NEED_NONE)
        return need;
    ASSERT_EQ(coil__need_next(w, &cursor, &ids[1]), COIL_NEED_NONE);
    return need;
}

CORE_TEST(staggered_race_says_for_whom_it_waits)
{
    uint64_t ids[2];
    uint64_t a;
    uint64_t b;
    struct coil_task *all[4]; /* this one, the race's, a and b */
    struct coil_task *task;

    racer(0, 60, 0);
    racer(1, 3, 0);
    jobs[0].cleanup = 10 * COIL_SECOND;
    task = start(run_race, &two);
    ASSERT_EQ(coil_sleep(2 * COIL_SECOND), 0);
    ASSERT_EQ(coil_all_tasks(all, 4), 4);
    a = coil_task_id(all[2]);
    b = coil_task_id(all[3]);
    ASSERT_EQ(needs(task, ids), COIL_NEED_ANY);
    ASSERT_EQ(ids[0], a);
    ASSERT_EQ(ids[1], b);
    ASSERT_EQ(coil_sleep(5 * COIL_SECOND), 0);
    ASSERT_EQ(needs(task, ids), COIL_NEED_ALL); /* there is a winner */
    ASSERT_EQ(ids[0], a);
    ASSERT_EQ(ids[1], 0);
    ASSERT_EQ(end_of(task), 1);
    SAID("+a +b b a! =1 ");
}

/* ---- cancelled at every moment, and under every seed ---- */

SEEDS_TEST(staggered_race_cancelled_at_any_time_leaves_nobody)
{
    struct coil_task *task;
    int rc;

    for (size_t i = 0; i < MOST; i++) {
        racer(i, (int)coil_test_random(4), coil_test_random(3) ? -EIO : 5);
        jobs[i].cleanup = (coil_time)coil_test_random(2) * COIL_SECOND;
    }
    task = start(run_race, &(size_t){ MOST });
    ASSERT_EQ(coil_sleep((coil_time)coil_test_random(6) * COIL_SECOND), 0);
    coil_task_cancel(task);
    rc = end_of(task);
    ASSERT_EQ(coil_all_tasks(NULL, 0), 1);
    if (rc >= 0)
        ASSERT_EQ(racers[rc].result, 5);
    else
        ASSERT(rc == -ECANCELED || rc == -EIO);
    forget();
}

/* ---- memory, clocks, coroutines ---- */

/* A racer that cannot be started has failed. */
CORE_TEST(staggered_race_without_memory_takes_the_next)
{
    racer(0, 1, 7);
    racer(1, 1, 8);
    coil_test_fail_allocation(1, false);
    ASSERT_EQ(race(2, 60 * COIL_SECOND), 1);
    ASSERT_RESULT(0, -ENOMEM);
    ASSERT_RESULT(1, 8);
    ASSERT_EQ(coil_now(), COIL_SECOND);
    coil_test_fail_allocation(1, true);
    ASSERT_EQ(race(2, 0), -ENOMEM);
    coil_test_fail_allocation(0, false);
    SAID("+b b ");
}

static int race_without_clock(void *arg)
{
    (void)arg;
    racer(0, 0, -EIO);
    racer(1, 0, 8);
    ASSERT_EQ(race(2, COIL_SECOND), -ENOTSUP);
    ASSERT_EQ(race(2, COIL_NEVER), 1);
    ASSERT_EQ(race(2, 0), 1);
    SAID("+a a +b b +a a +b b ");
    return 0;
}

TEST(staggered_race_without_a_clock)
{
    ASSERT_EQ(run_without_clock(race_without_clock, NULL), 0);
}

TEST(staggered_race_in_a_coroutine_driven_by_hand_is_refused)
{
    struct coil_coroutine *co;

    racer(0, 0, 7);
    ASSERT_EQ(coil_coroutine_new(&co, run_race, &(size_t){ 1 }, 0), 0);
    ASSERT_EQ(coil_coroutine_send(co, NULL, NULL), 0);
    ASSERT_EQ(coil_coroutine_result(co), -ENOTSUP);
    coil_coroutine_free(co);
}
