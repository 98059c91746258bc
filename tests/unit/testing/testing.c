/* SPDX-License-Identifier: MIT */
/*
 * The simulator as its users see it: virtual time, seeds that repeat, watching,
 * settling, and allocations that fail.
 */
#include <stdarg.h>
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

#include "child.h"
#include "loop/loop.h"
#include "testing/testing.h"
#include "test.h"

static struct child child;
static char trace[65536];

__attribute__((format(printf, 1, 2))) static void say(const char *format, ...)
{
    size_t length = strlen(trace);
    va_list args;

    va_start(args, format);
    vsnprintf(trace + length, sizeof trace - length, format, args);
    va_end(args);
}

static coil_time wall_clock(void)
{
    struct timespec t;

    clock_gettime(CLOCK_MONOTONIC, &t);
    return t.tv_sec * COIL_SECOND + t.tv_nsec;
}

static void start(coil_fn fn, const void *arg)
{
    ASSERT_EQ(coil_task_create(NULL, fn, (void *)(uintptr_t)arg), 0);
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
        start(sleep_for, &durations[i]);
    return coil_sleep(10);
}

TEST(testing_time_orders_sleepers_for_every_seed)
{
    for (uint64_t seed = 0; seed < 20; seed++) {
        trace[0] = '\0';
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
    /* Nor was it noted for the simulator. */
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
    start(say_name, "a");
    start(say_name, "b");
    start(say_name, "c");
    start(say_name, "d");
    ASSERT_EQ(coil_sleep(1), 0);
    say(" %d %d", (int)coil_test_random(1000), (int)coil_test_steps());
    return 0;
}

static const char *run_with_seed(uint64_t seed)
{
    trace[0] = '\0';
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
    start(say_name, "x");
    start(say_name, "y");
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

/* The order of calls is documented, that of ready tasks among them is not. */
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

/* The first to run makes the timer due. */
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
        start(make_step, &handles[i]);
    return coil_sleep(COIL_SECOND);
}

/* As a real clock may have it: the timer is seen before the turn is over. */
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

/* Once in each turn; the first makes the timer due. */
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

/* The look that shows the timer is between two turns, and may be left out. */
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

/* There it is the machine that decides when something is due. */
TEST(testing_seeds_leave_no_look_out_on_the_kernel)
{
    const struct coil_loop_options options = { .backend = COIL_BACKEND_EPOLL,
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
        balance++; /* within a step nobody looks */
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
    start(say_name, "bystander");
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
    ASSERT_STR_CONTAINS(child.text, "unit/testing/testing.c:");
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
    const struct coil_loop_options epoll = { .backend = COIL_BACKEND_EPOLL };

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

/* ---- settling ------------------------------------------------------------- */

static struct coil_event event;

static int work_then_wait(void *arg)
{
    for (int i = 0; i < 7; i++)
        ASSERT_EQ(coil_yield(), 0);
    *(bool *)arg = true;
    return coil_event_wait(&event);
}

static int settle_beside_work(void *arg)
{
    bool done = false;

    (void)arg;
    coil_event_init(&event);
    start(work_then_wait, &done);
    ASSERT_EQ(coil_test_settle(), 0);
    ASSERT(done);
    ASSERT_EQ(coil_now(), 0);
    /* Nothing is left to do: at once, and any number of times. */
    ASSERT_EQ(coil_test_settle(), 0);
    ASSERT_EQ(coil_test_settle(), 0);
    coil_event_set(&event);
    return coil_test_settle();
}

TEST(testing_settles_when_nobody_can_do_anything)
{
    for (uint64_t seed = 0; seed < 30; seed++)
        ASSERT_EQ(coil_test_run(settle_beside_work, NULL, seed), 0);
}

static int sleep_and_tell(void *arg)
{
    ASSERT_EQ(coil_sleep(COIL_SECOND), 0);
    *(bool *)arg = true;
    return 0;
}

static int settle_beside_sleep(void *arg)
{
    bool done = false;

    (void)arg;
    start(sleep_and_tell, &done);
    ASSERT_EQ(coil_test_settle(), 0);
    ASSERT(!done);
    ASSERT_EQ(coil_now(), 0);
    ASSERT_EQ(coil_sleep(2 * COIL_SECOND), 0);
    ASSERT(done);
    return 0;
}

TEST(testing_settles_without_letting_time_pass)
{
    for (uint64_t seed = 0; seed < 30; seed++)
        ASSERT_EQ(coil_test_run(settle_beside_sleep, NULL, seed), 0);
}

static int settle_twice(void *arg)
{
    for (int i = 0; i < 3; i++) {
        int rc = coil_test_settle();

        if (rc < 0)
            return rc;
        say("%s%d ", (const char *)arg, i);
    }
    return 0;
}

static int settle_side_by_side(void *arg)
{
    (void)arg;
    start(settle_twice, "a");
    start(settle_twice, "b");
    return coil_sleep(1);
}

TEST(testing_settles_any_number_of_tasks)
{
    ASSERT_EQ(coil_test_run(settle_side_by_side, NULL, 0), 0);
    ASSERT_EQ(strlen(trace), 6 * 3);
}

static int exchange_bytes(void *arg)
{
    struct coil_address address;
    struct coil_listener *listener;
    struct coil_stream *a;
    struct coil_stream *b;
    char text[8];

    (void)arg;
    ASSERT_EQ(coil_tcp_listen(&listener, "127.0.0.1", 0), 0);
    coil_listener_address(listener, &address);
    ASSERT_EQ(coil_tcp_connect_address(&a, &address), 0);
    ASSERT_EQ(coil_listener_accept(listener, &b), 0);
    ASSERT_EQ(coil_stream_write(a, "hello", 5), 0);
    ASSERT_EQ(coil_test_settle(), 0);
    /* What was in flight has arrived, however slow the seed made it. */
    ASSERT_EQ(coil_stream_unsent(a), 0);
    ASSERT_EQ(coil_stream_read_exactly(b, text, 5, NULL), 0);
    ASSERT_MEM_EQ(text, "hello", 5);
    coil_stream_abort(a);
    coil_stream_abort(b);
    coil_listener_close(listener);
    return 0;
}

TEST(testing_settles_what_is_in_flight)
{
    for (uint64_t seed = 0; seed < 100; seed++)
        ASSERT_EQ(coil_test_run(exchange_bytes, NULL, seed), 0);
}

/* ---- failing allocations -------------------------------------------------- */

static int add_one(void *arg)
{
    *(int *)arg += 1;
    return 0;
}

static int add_to_queue(void *arg)
{
    int rc = 0;

    for (int i = 0; i < 20 && rc == 0; i++)
        rc = coil_queue_put(arg, &i);
    return rc;
}

static int exchange(struct coil_stream *a, struct coil_stream *b)
{
    char text[6];
    int rc;

    rc = coil_stream_write(a, "hello\n", 6);
    if (rc == 0)
        rc = coil_stream_flush(a);
    if (rc == 0)
        rc = coil_stream_read_exactly(b, text, 6, NULL);
    return rc;
}

static int use_streams(void)
{
    struct coil_address address;
    struct coil_listener *listener;
    struct coil_stream *a = NULL;
    struct coil_stream *b = NULL;
    int rc;

    rc = coil_tcp_listen(&listener, "127.0.0.1", 0);
    if (rc < 0)
        return rc;
    coil_listener_address(listener, &address);
    rc = coil_tcp_connect_address(&a, &address);
    if (rc == 0)
        rc = coil_listener_accept(listener, &b);
    if (rc == 0)
        rc = exchange(a, b);
    coil_stream_abort(a);
    coil_stream_abort(b);
    coil_listener_close(listener);
    return rc;
}

/* Those that were started before one could not be go on without us. */
static int gather_twenty(int *sum)
{
    struct coil_task *tasks[20];
    struct coil_future *futures[20];
    size_t count = 0;
    int rc = 0;

    while (count < 20 && rc == 0) {
        rc = coil_task_create(&tasks[count], add_one, sum);
        if (rc < 0)
            break;
        futures[count] = coil_task_future(tasks[count]);
        count++;
    }
    if (rc == 0)
        rc = coil_gather(futures, count, 0);
    while (count > 0)
        coil_task_release(tasks[--count]);
    return rc;
}

static int group_five(struct coil_queue *queue, int *sum)
{
    struct coil_task_group group;
    int rc;

    rc = coil_task_group_begin(&group);
    if (rc < 0)
        return rc;
    for (int i = 0; i < 4 && rc == 0; i++)
        rc = coil_task_group_create(&group, NULL, add_one, sum);
    if (rc == 0)
        rc = coil_task_group_create(&group, NULL, add_to_queue, queue);
    return coil_task_group_end(&group, rc);
}

/* A program that uses a little of everything that allocates. */
static int small_program(void *arg)
{
    static int sum;
    struct coil_queue queue;
    int rc;

    (void)arg;
    coil_queue_init(&queue, sizeof(int), 0);
    rc = gather_twenty(&sum);
    if (rc == 0)
        rc = group_five(&queue, &sum);
    if (rc == 0)
        rc = use_streams();
    if (rc == 0)
        rc = coil_to_thread_copy(add_one, &sum);
    coil_queue_fini(&queue);
    return rc;
}

/* The listener waits a second, then another, when there is no memory at all. */
static int small_program_with_a_limit(void *arg)
{
    struct coil_timeout limit;
    int rc = coil_timeout_begin(&limit, COIL_MINUTE);

    return rc < 0 ? rc : coil_timeout_end(&limit, small_program(arg));
}

static void ignore_report(struct coil_loop *loop,
                          const struct coil_exception *exception, void *arg)
{
    (void)loop;
    (void)exception;
    (void)arg;
}

static int run_small_program(void *arg)
{
    coil_loop_set_exception_handler(coil_loop_current(), ignore_report, NULL);
    return small_program_with_a_limit(arg);
}

static void sweep(bool forever)
{
    size_t n;
    int rc;

    for (n = 1;; n++) {
        size_t before = coil_test_allocations();

        coil_test_fail_allocation(n, forever);
        rc = coil_test_run(run_small_program, NULL, 0);
        coil_test_fail_allocation(0, false);
        if (coil_test_allocations() - before < n)
            break;
        /* What can be tried again may have been. */
        if (forever || rc != 0)
            ASSERT(rc == -ENOMEM || rc == -ETIMEDOUT);
    }
    ASSERT_EQ(rc, 0);
    ASSERT_GT(n, 30);
}

TEST(testing_every_allocation_that_fails_once_is_survived)
{
    sweep(false);
}

TEST(testing_every_allocation_from_which_on_all_fail_is_survived)
{
    sweep(true);
}

TEST(testing_counts_allocations)
{
    size_t before = coil_test_allocations();

    ASSERT_EQ(coil_test_run(run_small_program, NULL, 0), 0);
    ASSERT_GT(coil_test_allocations(), before + 30);
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
