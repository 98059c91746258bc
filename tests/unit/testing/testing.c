/* SPDX-License-Identifier: MIT */
/*
 * The simulator as its users see it: virtual time, seeds that repeat, watching,
 * settling, and allocations that fail.
 */
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include <coil/combinators.h>
#include <coil/error.h>
#include <coil/event.h>
#include <coil/lock.h>
#include <coil/loop.h>
#include <coil/queue.h>
#include <coil/semaphore.h>
#include <coil/stream.h>
#include <coil/task.h>
#include <coil/task_group.h>
#include <coil/testing.h>
#include <coil/thread.h>
#include <coil/timeout.h>

#include "actors.h"
#include "child.h"
#include "loop/loop.h"
#include "testing/testing.h"
#include "test.h"

static struct child child;

static coil_time wall_clock(void)
{
    struct timespec t;

    clock_gettime(CLOCK_MONOTONIC, &t);
    return t.tv_sec * COIL_SECOND + t.tv_nsec;
}

/* ---- virtual time --------------------------------------------------------- */

static int sleep_long(void *arg)
{
    (void)arg;
    ASSERT_EQ(coil_now(), 0);
    ASSERT_EQ(coil_sleep(1), 0);
    ASSERT_EQ(coil_now(), 1);
    ASSERT_EQ(coil_sleep(365 * 24 * 60 * COIL_MINUTE), 0);
    ASSERT_EQ(coil_now(), 365 * 24 * 60 * COIL_MINUTE + 1);
    ASSERT_EQ(coil_yield(), 0);
    ASSERT_EQ(coil_now(), 365 * 24 * 60 * COIL_MINUTE + 1);
    return 3;
}

TEST(testing_time_passes_only_where_somebody_waits_for_it)
{
    coil_time before = wall_clock();

    ASSERT_EQ(coil_test_run(sleep_long, NULL, 0), 3);
    ASSERT_EQ(coil_test_run(sleep_long, NULL, 77), 3);
    ASSERT_LT(wall_clock() - before, 5 * COIL_SECOND);
}

static int sleep_for(void *arg)
{
    coil_time duration = *(coil_time *)arg;
    coil_time before = coil_now();

    ASSERT_EQ(coil_sleep(duration), 0);
    ASSERT_EQ(coil_now(), before + duration);
    say("%d ", (int)duration);
    return 0;
}

static int sleep_side_by_side(void *arg)
{
    static const coil_time durations[] = { 5, 3, 9, 1, 3 };

    (void)arg;
    for (size_t i = 0; i < 5; i++)
        launch(sleep_for, &durations[i]);
    return coil_sleep(10);
}

TEST(testing_time_orders_sleepers_for_every_seed)
{
    for (uint64_t seed = 0; seed < 20; seed++) {
        forget();
        ASSERT_EQ(coil_test_run(sleep_side_by_side, NULL, seed), 0);
        ASSERT_STR_EQ(trace, "1 3 3 5 9 ");
    }
}

static int compute_on_the_kernel(void *arg)
{
    coil_time before = coil_now();

    (void)arg;
    coil_test_let_work_take(COIL_MINUTE);
    for (int i = 0; i < 10; i++)
        ASSERT_EQ(coil_yield(), 0);
    coil_test_compute(COIL_MINUTE);
    ASSERT_LT(coil_now() - before, COIL_MINUTE);
    return 3;
}

TEST(testing_time_off_the_simulator_is_nobodys_to_move)
{
    coil_time before = coil_now();

    coil_test_let_work_take(COIL_MINUTE);
    coil_test_compute(COIL_MINUTE);
    ASSERT_LT(coil_now() - before, COIL_MINUTE);
    ASSERT_EQ(coil_run(compute_on_the_kernel, NULL), 3);
    /* It was not noted for the simulator either. */
    ASSERT_EQ(coil_test_run(sleep_long, NULL, 0), 3);
}

static int go_back(void *arg)
{
    (void)arg;
    ASSERT_EQ(coil_sleep(5), 0);
    coil_test_compute(-3);
    ASSERT_EQ(coil_now(), 5);
    coil_test_compute(0);
    ASSERT_EQ(coil_now(), 5);
    coil_test_compute(2);
    ASSERT_EQ(coil_now(), 7);
    return 0;
}

TEST(testing_time_does_not_go_back)
{
    ASSERT_EQ(coil_test_run(go_back, NULL, 0), 0);
    ASSERT_EQ(coil_test_run(go_back, NULL, 9), 0);
}

/* ---- seeds ---------------------------------------------------------------- */

static int say_name(void *arg)
{
    for (int i = 0; i < 4; i++) {
        say("%s", (const char *)arg);
        ASSERT_EQ(coil_yield(), 0);
    }
    return 0;
}

static int say_names(void *arg)
{
    (void)arg;
    launch(say_name, "a");
    launch(say_name, "b");
    launch(say_name, "c");
    launch(say_name, "d");
    ASSERT_EQ(coil_sleep(1), 0);
    say(" %d %d", (int)coil_test_random(1000), (int)coil_test_steps());
    return 0;
}

static const char *run_with_seed(uint64_t seed)
{
    forget();
    ASSERT_EQ(coil_test_run(say_names, NULL, seed), 0);
    return trace;
}

TEST(testing_seed_0_keeps_the_documented_order)
{
    ASSERT(strncmp(run_with_seed(0), "abcdabcdabcdabcd ", 17) == 0);
}

TEST(testing_seed_repeats_a_run)
{
    for (uint64_t seed = 0; seed < 50; seed++) {
        char *first = strdup(run_with_seed(seed));

        ASSERT_STR_EQ(run_with_seed(seed), first);
        free(first);
    }
}

TEST(testing_seeds_differ)
{
    static char seen[100][64];
    size_t count = 0;

    for (uint64_t seed = 0; seed < 100; seed++) {
        size_t i = 0;

        snprintf(seen[count], sizeof seen[0], "%.16s", run_with_seed(seed));
        while (strcmp(seen[i], seen[count]) != 0)
            i++;
        count += i == count;
    }
    ASSERT_GT(count, 90);
}

static int call_count;

static void say_call(void *arg)
{
    ASSERT_EQ(*(int *)arg, call_count++);
}

static int make_calls(void *arg)
{
    static struct coil_handle handles[20];
    static int numbers[20];

    call_count = 0;
    memset(handles, 0, sizeof handles);
    launch(say_name, "x");
    launch(say_name, "y");
    for (int i = 0; i < 20; i++) {
        numbers[i] = i;
        ASSERT_EQ(coil_loop_call_soon(coil_loop_current(), &handles[i],
                                      say_call, &numbers[i]),
                  0);
    }
    (void)arg;
    ASSERT_EQ(coil_sleep(1), 0);
    ASSERT_EQ(call_count, 20);
    return 0;
}

/* The order of calls is documented, the order of ready tasks is not. */
TEST(testing_seeds_keep_calls_in_order)
{
    for (uint64_t seed = 0; seed < 100; seed++)
        ASSERT_EQ(coil_test_run(make_calls, NULL, seed), 0);
}

enum { STEPS = 20 };

static int steps_made;
static int calls_made;
static int calls_before_timer;

static void count_made_call(void *arg)
{
    (void)arg;
    calls_made++;
}

static void note_calls(void *arg)
{
    (void)arg;
    calls_before_timer = calls_made;
}

/* The first task that runs makes the timer due. */
static int make_step(void *arg)
{
    if (steps_made++ == 0)
        coil_test_compute(20 * COIL_MICROSECOND);
    return coil_loop_call_soon(coil_loop_current(), arg, count_made_call, NULL);
}

static int make_steps(void *arg)
{
    static struct coil_handle handles[STEPS];
    static struct coil_handle timer;

    (void)arg;
    steps_made = 0;
    calls_made = 0;
    ASSERT_EQ(coil_loop_call_later(coil_loop_current(), &timer,
                                   10 * COIL_MICROSECOND, note_calls, NULL),
              0);
    for (int i = 0; i < STEPS; i++)
        launch(make_step, &handles[i]);
    return coil_sleep(COIL_SECOND);
}

/* As with a real clock, the timer is seen before the turn is over. */
TEST(testing_seeds_look_outside_in_the_middle_of_a_turn)
{
    int first = 0;
    int last = 0;

    ASSERT_EQ(coil_test_run(make_steps, NULL, 0), 0);
    ASSERT_EQ(calls_before_timer, STEPS);
    for (uint64_t seed = 1; seed < 100; seed++) {
        ASSERT_EQ(coil_test_run(make_steps, NULL, seed), 0);
        first += calls_before_timer < STEPS / 2;
        last += calls_before_timer == STEPS;
    }
    ASSERT_GT(first, 0);
    ASSERT_GT(last, 0);
}

static struct coil_handle counter;
static int turns_made;
static int turns_before_timer;

/* The call runs once in each turn; the first makes the timer due. */
static void count_turn(void *arg)
{
    coil_time until = coil_after(20 * COIL_MICROSECOND);

    (void)arg;
    if (turns_made++ == 0) {
        coil_test_compute(20 * COIL_MICROSECOND);
        while (coil_now() < until)
            continue;
    }
    ASSERT_EQ(
        coil_loop_call_soon(coil_loop_current(), &counter, count_turn, NULL),
        0);
}

static void note_turns(void *event)
{
    turns_before_timer = turns_made;
    coil_event_set(event);
}

static int count_turns(void *arg)
{
    static struct coil_handle timer;
    struct coil_event event = COIL_EVENT_INIT;
    struct coil_loop *loop = coil_loop_current();
    int rc;

    (void)arg;
    turns_made = 0;
    ASSERT_EQ(coil_loop_call_soon(loop, &counter, count_turn, NULL), 0);
    ASSERT_EQ(coil_loop_call_later(loop, &timer, 10 * COIL_MICROSECOND,
                                   note_turns, &event),
              0);
    rc = coil_event_wait(&event);
    ASSERT(coil_handle_cancel(&counter));
    return rc;
}

/* The look that finds the timer is between two turns, and may be left out. */
TEST(testing_seeds_let_turns_follow_without_a_look_outside)
{
    int most = 0;

    ASSERT_EQ(coil_test_run(count_turns, NULL, 0), 0);
    ASSERT_EQ(turns_before_timer, 2);
    for (uint64_t seed = 1; seed < 100; seed++) {
        ASSERT_EQ(coil_test_run(count_turns, NULL, seed), 0);
        ASSERT_GE(turns_before_timer, 1);
        if (turns_before_timer > most)
            most = turns_before_timer;
    }
    ASSERT_GT(most, 2);
}

/* On the kernel the machine decides when something is due. */
TEST(testing_seeds_leave_no_look_out_on_the_kernel)
{
    const struct coil_loop_options options = { .backend = COIL_BACKEND_DEFAULT,
                                               .no_watchdog = true };

    for (uint64_t seed = 1; seed < 50; seed++) {
        struct coil_loop *loop;

        ASSERT_EQ(coil_loop_new(&loop, &options), 0);
        ASSERT_EQ(coil__testing_open(loop, seed), 0);
        loop->stepwise = true;
        ASSERT_EQ(coil_loop_run_until_complete(loop, count_turns, NULL), 0);
        ASSERT_LE(turns_before_timer, 2);
        ASSERT_EQ(coil_loop_close(loop, NULL), 0);
    }
}

static int use_random(void *arg)
{
    bool seen[6] = { false };

    (void)arg;
    ASSERT_EQ(coil_test_random(0), 0);
    for (int i = 0; i < 200; i++) {
        uint64_t n = coil_test_random(6);

        ASSERT_LT(n, 6);
        seen[n] = true;
    }
    for (int i = 0; i < 6; i++)
        ASSERT(seen[i]);
    return 0;
}

TEST(testing_random_numbers_are_below_the_limit)
{
    ASSERT_EQ(coil_test_run(use_random, NULL, 0), 0);
    ASSERT_EQ(coil_test_run(use_random, NULL, 1), 0);
    ASSERT_EQ(coil_test_random(6), 0);
}

static int count_steps(void *arg)
{
    uint64_t before = coil_test_steps();

    (void)arg;
    ASSERT_EQ(coil_yield(), 0);
    ASSERT_EQ(coil_test_steps(), before + 1);
    ASSERT_EQ(coil_sleep(1), 0);
    ASSERT_GT(coil_test_steps(), before + 1);
    return 0;
}

TEST(testing_counts_steps)
{
    ASSERT_EQ(coil_test_run(count_steps, NULL, 0), 0);
    ASSERT_EQ(coil_test_steps(), 0);
}

/* ---- watching ------------------------------------------------------------- */

static int balance;
static size_t checks;

static const char *check_balance(const void *object)
{
    ASSERT_PTR_EQ(object, &balance);
    checks++;
    return balance == 0 ? NULL : "the balance is not 0";
}

static int keep_balance(void *arg)
{
    (void)arg;
    ASSERT_EQ(coil_test_watch(check_balance, &balance), 0);
    for (int i = 0; i < 10; i++) {
        balance++; /* nobody looks within a step */
        balance--;
        ASSERT_EQ(coil_yield(), 0);
    }
    ASSERT_GE(checks, 10);
    coil_test_unwatch(&balance);
    balance = 1;
    return coil_yield();
}

TEST(testing_watches_after_every_step_until_told_not_to)
{
    ASSERT_EQ(coil_test_run(keep_balance, NULL, 5), 0);
}

static int lose_balance(void *arg)
{
    (void)arg;
    launch(say_name, "bystander");
    ASSERT_EQ(coil_test_watch(check_balance, &balance), 0);
    ASSERT_EQ(coil_yield(), 0);
    balance = 1;
    ASSERT_EQ(coil_yield(), 0);
    fprintf(stderr, "unreachable\n");
    return 0;
}

static void run_losing(void *arg)
{
    (void)!coil_test_run(lose_balance, arg, 4711);
}

TEST(testing_ends_the_program_when_an_invariant_breaks_and_names_the_seed)
{
    child_run(&child, run_losing, NULL);
    ASSERT_CHILD_KILLED(&child, SIGABRT);
    ASSERT_STR_CONTAINS(child.text, "seed 4711");
    ASSERT_STR_CONTAINS(child.text, "the balance is not 0");
    ASSERT_STR_CONTAINS(child.text, "step ");
    ASSERT_STR_CONTAINS(child.text, "support/actors.c:");
    ASSERT_NULL(strstr(child.text, "unreachable"));
}

static int break_a_lock(void *arg)
{
    static struct coil_lock lock;

    (void)arg;
    ASSERT_EQ(coil_test_watch(coil_test_check_lock, &lock), 0);
    ASSERT_EQ(coil_yield(), 0);
    ASSERT_EQ(coil_lock_acquire(&lock), 0);
    ASSERT_EQ(coil_yield(), 0);
    lock.waiters.tail = (struct coil_link *)(uintptr_t)64;
    (void)!coil_yield();
    return 0;
}

static void run_breaking(void *arg)
{
    (void)!coil_test_run(break_a_lock, arg, 12);
}

TEST(testing_finds_a_broken_lock)
{
    child_run(&child, run_breaking, NULL);
    ASSERT_CHILD_KILLED(&child, SIGABRT);
    ASSERT_STR_CONTAINS(child.text, "seed 12");
}

static int watch_many(void *arg)
{
    static struct coil_event events[100];

    (void)arg;
    for (int i = 0; i < 100; i++)
        ASSERT_EQ(coil_test_watch(coil_test_check_event, &events[i]), 0);
    return coil_yield();
}

TEST(testing_watches_any_number_of_things)
{
    ASSERT_EQ(coil_test_run(watch_many, NULL, 1), 0);
}

static int watch_off_the_simulator(void *arg)
{
    (void)arg;
    ASSERT_EQ(coil_test_watch(check_balance, &balance), -ENOTSUP);
    coil_test_unwatch(&balance);
    ASSERT_EQ(coil_test_settle(), -ENOTSUP);
    ASSERT_EQ(coil_test_random(10), 0);
    ASSERT_EQ(coil_test_steps(), 0);
    return 0;
}

TEST(testing_is_not_supported_off_the_simulator)
{
    const struct coil_loop_options epoll = { .backend = COIL_BACKEND_DEFAULT };

    ASSERT_EQ(coil_run_with(watch_off_the_simulator, NULL, &epoll), 0);
    ASSERT_EQ(coil_test_watch(check_balance, &balance), -ENOTSUP);
}

static int watch_without_memory(void *arg)
{
    (void)arg;
    coil_test_fail_allocation(1, false);
    ASSERT_EQ(coil_test_watch(check_balance, &balance), -ENOMEM);
    ASSERT_EQ(coil_test_watch(check_balance, &balance), 0);
    coil_test_unwatch(&balance);
    return 0;
}

TEST(testing_watch_without_memory_is_an_error)
{
    ASSERT_EQ(coil_test_run(watch_without_memory, NULL, 0), 0);
}

/* ---- on the loop's own thread --------------------------------------------- */

static int block_for_a_while(void *arg)
{
    *(int *)arg = 7;
    return 3;
}

static int block(void *arg)
{
    int value = 0;

    (void)arg;
    ASSERT_EQ(coil_to_thread(block_for_a_while, &value), 3);
    ASSERT_EQ(value, 7);
    return 0;
}

TEST(testing_runs_blocking_work_repeatably)
{
    for (uint64_t seed = 0; seed < 20; seed++)
        ASSERT_EQ(coil_test_run(block, NULL, seed), 0);
}
