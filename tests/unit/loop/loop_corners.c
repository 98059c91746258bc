/* SPDX-License-Identifier: MIT */
/* LABELS: threads */
/*
 * A loop at the edges: after fork() in the middle of a turn, with limits that
 * make no sense, with timers at the end of time; and calls that need a loop
 * where there is none.
 */
#include <errno.h>
#include <limits.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>

#include <coil/combinators.h>
#include <coil/coroutine.h>
#include <coil/event.h>
#include <coil/fd.h>
#include <coil/guest.h>
#include <coil/scheduler.h>
#include <coil/testing.h>
#include <coil/threadsafe.h>

#include "bodies.h"
#include "loop_test.h"
#include "simulated.h"

enum { GOOD = 23 }; /* the exit status of a child whose tests passed */

static void await_child(pid_t pid)
{
    int status;

    ASSERT_EQ(waitpid(pid, &status, 0), pid);
    if (!WIFEXITED(status) || WEXITSTATUS(status) != GOOD)
        FAIL("the child ended with the wait status 0x%x", (unsigned)status);
}

/* ---- closing -------------------------------------------------------------- */

static int stop_and_tidy_up(void *arg)
{
    int rc = coil_sleep(COIL_MINUTE);

    (void)arg;
    ASSERT_EQ(rc, -ECANCELED);
    coil_loop_stop(coil_loop_current());
    rc = coil_sleep(COIL_MILLISECOND);
    ASSERT_EQ(rc, 0);
    say("tidy ");
    return -ECANCELED;
}

/* It has stopped for good: it would only look, and not wait. */
LOOP_TEST(loop_corners_a_stop_while_it_is_closed_is_nothing)
{
    start_on_loop(stop_and_tidy_up);
    run_once();
    ASSERT_EQ(coil_loop_close(loop, NULL), 0);
    loop = NULL;
    SAID("tidy ");
}

/* ---- time ----------------------------------------------------------------- */

LOOP_TEST(loop_corners_a_timer_at_the_end_of_time_is_not_waited_for)
{
    call_at(0, COIL_NEVER, "never");
    ASSERT_EQ(coil_loop_timeout(loop), COIL_NEVER);
    call_later(1, -COIL_SECOND, "early");
    ASSERT_EQ(coil_loop_timeout(loop), 0);
    run_once();
    SAID("early ");
    ASSERT(coil_handle_cancel(&handles[0]));
}

static coil_time limit_of(const char *wish)
{
    struct coil_loop *fresh;
    coil_time limit;

    if (wish)
        setenv("COIL_WATCHDOG", wish, 1);
    else
        unsetenv("COIL_WATCHDOG");
    ASSERT_EQ(coil_loop_new(&fresh, NULL), 0);
    limit = coil_loop_slow_callback_duration(fresh);
    ASSERT_EQ(coil_loop_close(fresh, NULL), 0);
    unsetenv("COIL_WATCHDOG");
    return limit;
}

TEST(loop_corners_a_limit_that_makes_no_sense_is_the_usual_one)
{
    coil_time usual = limit_of(NULL);

    ASSERT_EQ(limit_of("250"), 250 * COIL_MILLISECOND);
    ASSERT_EQ(limit_of("0"), 0);
    ASSERT_EQ(limit_of("-5"), usual);
    ASSERT_EQ(limit_of("99999999999"), usual);
}

static int reports;
static char last_report[128];

static void count_report(struct coil_loop *from, const struct coil_exception *e,
                         void *arg)
{
    (void)from;
    (void)arg;
    snprintf(last_report, sizeof last_report, "%s", e->message);
    reports++;
}

static void be_busy(void *arg)
{
    struct timespec begin;
    struct timespec now;

    (void)arg;
    clock_gettime(CLOCK_MONOTONIC, &begin);
    do
        clock_gettime(CLOCK_MONOTONIC, &now);
    while ((now.tv_sec - begin.tv_sec) * 1000000000 + now.tv_nsec -
               begin.tv_nsec <
           2000000);
}

static void run_busily(struct coil_loop *debugged, coil_time limit)
{
    struct coil_handle handle = { 0 };

    coil_loop_set_slow_callback_duration(debugged, limit);
    ASSERT_EQ(coil_loop_call_soon(debugged, &handle, be_busy, NULL), 0);
    coil_loop_stop(debugged);
    ASSERT_EQ(coil_loop_run_forever(debugged), 0);
}

TEST(loop_corners_no_step_is_slow_without_a_limit)
{
    const struct coil_loop_options options = { .debug = true,
                                               .no_watchdog = true };
    struct coil_loop *debugged;

    ASSERT_EQ(coil_loop_new(&debugged, &options), 0);
    coil_loop_set_exception_handler(debugged, count_report, NULL);
    run_busily(debugged, COIL_MILLISECOND);
    ASSERT_EQ(reports, 1);
    ASSERT_STR_CONTAINS(last_report, "a step took ");
    ASSERT_STR_CONTAINS(last_report, " slow_callback_duration, 1 ms");
    run_busily(debugged, 0);
    run_busily(debugged, COIL_MINUTE);
    ASSERT_EQ(reports, 1);
    ASSERT_EQ(coil_loop_close(debugged, NULL), 0);
}

/* ---- what is ready -------------------------------------------------------- */

/* The owner of a scheduler may do this; the turn is shorter then. */
static void run_next(void *arg)
{
    struct coil_runnable *r = coil_scheduler_pop(coil_loop_scheduler(arg));

    say("first ");
    if (r)
        coil_runnable_run(r);
}

LOOP_TEST(loop_corners_somebody_else_runs_what_is_next)
{
    ASSERT_EQ(coil_loop_call_soon(loop, &handles[0], run_next, loop), 0);
    call_soon(1, "second");
    run_once();
    SAID("first second ");
    call_soon(1, "third");
    run_once();
    SAID("third ");
}

static int call_and_wait(void *arg)
{
    ASSERT_EQ(coil_loop_call_soon(arg, &handles[0], run_next, arg), 0);
    call_soon(1, "second");
    return coil_sleep(COIL_SECOND);
}

static int call_and_wait_here(void *arg)
{
    (void)arg;
    loop = coil_loop_current();
    forget();
    ASSERT_EQ(call_and_wait(loop), 0);
    SAID("first second ");
    return 0;
}

/* The program runs the task that chance would have chosen. */
TEST(loop_corners_somebody_else_runs_what_chance_would_have)
{
    ASSERT_EQ(coil_test_run_seeds(call_and_wait_here, NULL, 1, 20), 0);
}

static void say_done(struct coil_future *future, void *arg)
{
    (void)future;
    say("%s ", (const char *)arg);
}

TEST(loop_corners_a_due_callback_is_taken_back_without_a_loop)
{
    struct coil_scheduler mine = COIL_SCHEDULER_INIT;
    struct coil_future future = COIL_FUTURE_INIT;
    struct coil_future_callback a = { .fn = NULL };
    struct coil_future_callback b = { .fn = NULL };
    struct coil_runnable *r;

    ASSERT_EQ(coil_scheduler_enter(&mine), 0);
    coil_future_add_done_callback(&future, &a, say_done, "a");
    coil_future_add_done_callback(&future, &b, say_done, "b");
    ASSERT_EQ(coil_future_set_result(&future, NULL), 0);
    ASSERT(coil_future_remove_done_callback(&future, &a));
    while ((r = coil_scheduler_pop(&mine)))
        coil_runnable_run(r);
    SAID("b ");
    coil_scheduler_leave(&mine);
}

/* ---- fork() --------------------------------------------------------------- */

static pid_t child = -1;

static void fork_now(void *arg)
{
    (void)arg;
    fflush(NULL);
    child = fork();
    ASSERT_GE(child, 0);
}

LOOP_TEST(loop_corners_a_fork_takes_the_rest_of_the_turn_from_the_child)
{
    int rc;

    ASSERT_EQ(coil_loop_call_soon(loop, &handles[0], fork_now, NULL), 0);
    call_soon(1, "rest");
    coil_loop_stop(loop);
    rc = coil_loop_run_forever(loop);
    if (child == 0) {
        ASSERT_EQ(rc, -EBADF);
        SAID("");
        _exit(GOOD);
    }
    ASSERT_EQ(rc, 0);
    SAID("rest ");
    await_child(child);
}

LOOP_TEST(loop_corners_the_parents_loop_runs_nothing_in_the_child)
{
    struct coil_future future = COIL_FUTURE_INIT;

    fork_now(NULL);
    if (child == 0) {
        ASSERT_EQ(coil_loop_run_until_done(loop, &future), -EBADF);
        ASSERT_EQ(coil_loop_run_forever(loop), -EBADF);
        _exit(GOOD);
    }
    await_child(child);
}

static int fork_in_task(void *arg)
{
    fork_now(arg);
    return coil_yield();
}

/* The child shares nothing with the parent. */
TEST(loop_corners_a_scheduler_of_the_program_runs_on_in_the_child)
{
    ASSERT_EQ(coil_loop_new(&loop, NULL), 0);
    ASSERT_EQ(run_without_clock(fork_in_task, NULL), 0);
    if (child == 0)
        _exit(GOOD);
    await_child(child);
    ASSERT_EQ(coil_loop_close(loop, NULL), 0);
}

TEST(loop_corners_a_guest_leaves_the_programs_scheduler_to_the_child)
{
    struct coil_scheduler mine = COIL_SCHEDULER_INIT;
    struct coil_task *task;
    int rc;

    open_loop(0);
    ASSERT_EQ(coil_scheduler_enter(&mine), 0);
    ASSERT_EQ(coil_loop_create_task(loop, &task, fork_in_task, NULL), 0);
    rc = coil_loop_run_once(loop, 0);
    ASSERT_PTR_EQ(coil_scheduler_current(), &mine);
    if (child == 0) {
        ASSERT_EQ(rc, -EBADF);
        _exit(GOOD);
    }
    ASSERT_EQ(rc, 0);
    await_child(child);
    ASSERT_EQ(coil_loop_run_once(loop, 0), 0);
    coil_task_release(task);
    coil_scheduler_leave(&mine);
    ASSERT_EQ(coil_loop_close(loop, NULL), 0);
}

/* ---- calls from other threads --------------------------------------------- */

static struct coil_event event;

static int set_event(void *arg)
{
    (void)arg;
    coil_event_set(&event);
    return 0;
}

struct patience {
    struct coil_thread_call *call;
    coil_time time;
    int rc;
};

static void *be_patient(void *arg)
{
    struct patience *p = arg;

    p->rc = coil_thread_call_wait(p->call, p->time);
    return NULL;
}

static void *run_it(void *arg)
{
    ASSERT_EQ(coil_loop_run_forever(arg), 0);
    return NULL;
}

/* One waiter gives up, and the others go on waiting. */
TEST(loop_corners_of_several_that_wait_for_a_call_some_give_up)
{
    const coil_time times[] = { COIL_NEVER, COIL_MILLISECOND, COIL_NEVER,
                                3 * COIL_MILLISECOND };
    struct patience patience[4];
    struct coil_thread_call call;
    struct coil_thread_call other;
    struct coil_loop *busy;
    pthread_t threads[4];
    pthread_t runner;

    coil_event_init(&event);
    ASSERT_EQ(coil_loop_new(&busy, NULL), 0);
    coil_loop_hold(busy);
    ASSERT_EQ(pthread_create(&runner, NULL, run_it, busy), 0);
    ASSERT_EQ(coil_run_threadsafe(busy, &call, await_event, &event), 0);
    for (int i = 0; i < 4; i++) {
        patience[i] = (struct patience){ .call = &call, .time = times[i] };
        ASSERT_EQ(pthread_create(&threads[i], NULL, be_patient, &patience[i]),
                  0);
    }
    pthread_join(threads[1], NULL);
    pthread_join(threads[3], NULL);
    ASSERT_EQ(patience[1].rc, -ETIMEDOUT);
    ASSERT_EQ(patience[3].rc, -ETIMEDOUT);
    ASSERT_EQ(coil_run_threadsafe(busy, &other, set_event, NULL), 0);
    pthread_join(threads[0], NULL);
    pthread_join(threads[2], NULL);
    ASSERT_EQ(patience[0].rc, 0);
    ASSERT_EQ(patience[2].rc, 0);
    ASSERT_EQ(coil_thread_call_wait(&other, COIL_NEVER), 0);
    coil_loop_stop_threadsafe(busy);
    pthread_join(runner, NULL);
    coil_loop_release(busy);
    ASSERT_EQ(coil_loop_close(busy, NULL), 0);
}

static int leave_a_sleeper(void *arg)
{
    (void)arg;
    ASSERT_EQ(coil_task_create(NULL, await_event, &event), 0);
    return coil_yield();
}

static int never_begins(void *arg)
{
    (void)arg;
    FAIL("a call began while the loop was closed");
}

/* The loop runs once more, to end the task that is left. */
LOOP_TEST(loop_corners_a_call_does_not_begin_while_the_loop_closes)
{
    struct coil_thread_call call;

    coil_event_init(&event);
    ASSERT_EQ(coil_loop_run_until_complete(loop, leave_a_sleeper, NULL), 0);
    coil_loop_set_exception_handler(loop, count_report, NULL);
    ASSERT_EQ(coil_run_threadsafe(loop, &call, never_begins, NULL), 0);
    ASSERT_EQ(coil_loop_close(loop, NULL), 0);
    ASSERT_EQ(coil_thread_call_wait(&call, 0), -ECANCELED);
    loop = NULL;
}

static struct coil_thread_call unfinished;

static int await_call(void *arg)
{
    (void)arg;
    return coil_thread_call_await(&unfinished);
}

TEST(loop_corners_a_call_is_not_awaited_without_a_loop)
{
    ASSERT_EQ(coil_loop_new(&loop, NULL), 0);
    ASSERT_EQ(coil_run_threadsafe(loop, &unfinished, set_event, NULL), 0);
    ASSERT_EQ(run_without_clock(await_call, NULL), -ENOTSUP);
    ASSERT_EQ(coil_loop_close(loop, NULL), 0);
    ASSERT_EQ(coil_thread_call_wait(&unfinished, 0), -ECANCELED);
}

/* ---- coroutines driven by hand -------------------------------------------- */

enum { LOOKS = 1000 };

/* Each look ends at once: a task would let others run now and then. */
static int look_often(void *arg)
{
    for (int i = 0; i < LOOKS; i++)
        ASSERT_EQ(coil_wait_fd(*(int *)arg, COIL_READABLE), COIL_READABLE);
    return 7;
}

static int drive_looker(void *arg)
{
    struct coil_coroutine *co;
    int ends[2];

    (void)arg;
    ASSERT_EQ(pipe(ends), 0);
    ASSERT_EQ(write(ends[1], "x", 1), 1);
    ASSERT_EQ(coil_coroutine_new(&co, look_often, &ends[0], 0), 0);
    ASSERT_EQ(coil_coroutine_send(co, NULL, NULL), 0);
    ASSERT_EQ(coil_coroutine_result(co), 7);
    coil_coroutine_free(co);
    close(ends[0]);
    close(ends[1]);
    return 0;
}

TEST(loop_corners_a_coroutine_by_hand_is_not_interrupted_by_its_own_speed)
{
    ASSERT_EQ(coil_run(drive_looker, NULL), 0);
}

static int wait_for_no_time(void *arg)
{
    return coil_wait_for(arg, 0, NULL);
}

static int drive_impatient(void *arg)
{
    struct coil_future future = COIL_FUTURE_INIT;
    struct coil_coroutine *co;

    (void)arg;
    ASSERT_EQ(coil_coroutine_new(&co, wait_for_no_time, &future, 0), 0);
    ASSERT_EQ(coil_coroutine_send(co, NULL, NULL), 0);
    ASSERT_EQ(coil_coroutine_result(co), -ETIMEDOUT);
    coil_coroutine_free(co);
    return 0;
}

TEST(loop_corners_a_coroutine_by_hand_may_wait_for_no_time)
{
    ASSERT_EQ(coil_test_run(drive_impatient, NULL, 0), 0);
}

static struct coil_task *awaited;
static int ends[3];

static int await_it(void *arg)
{
    ends[*(int *)arg] = coil_task_await(awaited);
    return ends[*(int *)arg];
}

static int sleep_and_note(void *arg)
{
    (void)arg;
    ends[0] = coil_sleep(COIL_MINUTE);
    return ends[0];
}

static int drive_awaiter(void *arg)
{
    static int one = 1;
    struct coil_coroutine *co;
    int rc;

    (void)arg;
    ASSERT_EQ(coil_coroutine_new(&co, await_it, &one, 0), 0);
    ASSERT_EQ(coil_coroutine_send(co, NULL, NULL), 1);
    rc = coil_sleep(COIL_MINUTE);
    coil_coroutine_free(co);
    return rc;
}

static int leave_awaiters(void *arg)
{
    static int two = 2;

    (void)arg;
    ASSERT_EQ(coil_task_create(&awaited, sleep_and_note, NULL), 0);
    ASSERT_EQ(coil_task_create(NULL, drive_awaiter, NULL), 0);
    ASSERT_EQ(coil_yield(), 0);
    ASSERT_EQ(coil_task_create(NULL, await_it, &two), 0);
    return coil_yield();
}

/*
 * A coroutine without a task awaits the same future first, and holds up no
 * task.
 */
LOOP_TEST(loop_corners_a_coroutine_by_hand_awaits_what_ends_with_the_loop)
{
    memset(ends, 0, sizeof ends);
    coil_loop_set_exception_handler(loop, count_report, NULL);
    ASSERT_EQ(coil_loop_run_until_complete(loop, leave_awaiters, NULL), 0);
    coil_task_release(awaited);
    ASSERT_EQ(coil_loop_close(loop, NULL), 0);
    loop = NULL;
    ASSERT_EQ(ends[0], -ECANCELED);
    ASSERT_EQ(ends[1], -ECANCELED);
    ASSERT_EQ(ends[2], -ECANCELED);
}
