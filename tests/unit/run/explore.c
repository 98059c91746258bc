/* SPDX-License-Identifier: MIT */
/*
 * Many schedules of one function, by seed and exhaustively; reports of a task's
 * suspensions; and failures of the n-th call of the network.
 */
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include <coil/error.h>
#include <coil/event.h>
#include <coil/lock.h>
#include <coil/loop.h>
#include <coil/stream.h>
#include <coil/task.h>
#include <coil/testing.h>
#include <coil/thread.h>
#include <coil/timeout.h>

#include "actors.h"
#include "bodies.h"
#include "child.h"
#include "test.h"

static struct child child;
static char said[64];
static uint64_t runs;

static int say_twice(void *arg)
{
    const char *letter = arg;

    strcat(said, letter);
    ASSERT_EQ(coil_yield(), 0);
    strcat(said, letter);
    return 0;
}

/* ---- exhaustively --------------------------------------------------------- */

static char all_said[100][8];
static int all_count;

static int two_tasks(void *arg)
{
    (void)arg;
    said[0] = '\0';
    ASSERT_EQ(coil_task_create(NULL, say_twice, "a"), 0);
    ASSERT_EQ(coil_task_create(NULL, say_twice, "b"), 0);
    ASSERT_EQ(coil_test_settle(), 0);
    strcpy(all_said[all_count++], said);
    return 0;
}

TEST(explore_runs_every_order_once_the_first_in_order)
{
    static const char *const orders[] = { "abab", "abba", "aabb",
                                          "baab", "baba", "bbaa" };

    ASSERT_EQ(coil_test_explore(two_tasks, NULL, 0, &runs), 0);
    ASSERT_EQ(runs, 6);
    ASSERT_STR_EQ(all_said[0], "abab");
    for (int i = 0; i < 6; i++) {
        int found = 0;

        for (int j = 0; j < 6; j++)
            found += strcmp(orders[i], all_said[j]) == 0;
        ASSERT_EQ(found, 1);
    }
}

TEST(explore_ends_early_where_it_is_told_to)
{
    ASSERT_EQ(coil_test_explore(two_tasks, NULL, 4, &runs), 1);
    ASSERT_EQ(runs, 4);
    ASSERT_EQ(coil_test_explore(two_tasks, NULL, 6, &runs), 0);
    ASSERT_EQ(runs, 6);
}

static int fail_if_bbaa(void *arg)
{
    (void)arg;
    two_tasks(NULL);
    return strcmp(said, "bbaa") == 0 ? -EBADMSG : 0;
}

static void explore_until_bbaa(void *arg)
{
    (void)arg;
    ASSERT_EQ(coil_test_explore(fail_if_bbaa, NULL, 0, &runs), -EBADMSG);
    ASSERT_LT(runs, 6);
}

TEST(explore_says_how_a_failure_comes_again)
{
    char choices[32];

    child_run(&child, explore_until_bbaa, NULL);
    ASSERT_CHILD_EXITED(&child, 0);
    ASSERT_STR_CONTAINS(child.text, "it failed with COIL_CHOICES=");
    ASSERT_EQ(sscanf(strstr(child.text, "COIL_CHOICES="),
                     "COIL_CHOICES=%31[0-9.]", choices),
              1);
    setenv("COIL_CHOICES", choices, 1);
    ASSERT_EQ(coil_test_explore(fail_if_bbaa, NULL, 0, &runs), -EBADMSG);
    ASSERT_STR_EQ(said, "bbaa");
    setenv("COIL_CHOICES", "0", 1);
    ASSERT_EQ(coil_test_explore(fail_if_bbaa, NULL, 0, &runs), 0);
    ASSERT_STR_EQ(said, "abab");
    ASSERT_EQ(runs, 1);
    setenv("COIL_CHOICES", "0,1", 1);
    ASSERT_EQ(coil_test_explore(fail_if_bbaa, NULL, 0, &runs), -EINVAL);
}

static int choose_two(void *arg)
{
    uint64_t a = coil_test_choose(3);
    uint64_t b = coil_test_choose(4);

    (void)arg;
    ASSERT_EQ(coil_test_choose(1), 0);
    ASSERT_EQ(a * 4 + b, all_count);
    all_count++;
    return 0;
}

TEST(explore_tries_the_choices_of_the_test)
{
    ASSERT_EQ(coil_test_explore(choose_two, NULL, 0, &runs), 0);
    ASSERT_EQ(runs, 12);
    ASSERT_EQ(coil_test_choose(5), 0);
}

static bool was_in_time, was_late;

static int be_in_time_or_not(void *arg)
{
    struct coil_timeout limit;
    int rc;

    (void)arg;
    ASSERT_EQ(coil_now(), 0);
    ASSERT_EQ(coil_timeout_begin(&limit, COIL_SECOND), 0);
    rc = coil_yield();
    rc = coil_timeout_end(&limit, rc);
    was_in_time = was_in_time || rc == 0;
    was_late = was_late || rc == -ETIMEDOUT;
    return 0;
}

TEST(explore_lets_the_time_be_up_before_what_is_ready)
{
    ASSERT_EQ(coil_test_explore(be_in_time_or_not, NULL, 0, &runs), 0);
    ASSERT(was_in_time);
    ASSERT(was_late);
}

/* Two tasks take two locks in opposite orders, and let others run meanwhile. */
static struct coil_lock locks[2];

static int take_both(void *arg)
{
    int first = arg != NULL;
    int rc;

    rc = coil_lock_acquire(&locks[first]);
    if (rc < 0)
        return rc;
    rc = coil_yield();
    if (rc == 0)
        rc = coil_lock_acquire(&locks[!first]);
    if (rc == 0)
        coil_lock_release(&locks[!first]);
    coil_lock_release(&locks[first]);
    return rc;
}

static int deadlock_perhaps(void *arg)
{
    struct coil_task *task;
    int rc;

    (void)arg;
    memset(locks, 0, sizeof locks);
    ASSERT_EQ(coil_task_create(&task, take_both, locks), 0);
    rc = take_both(NULL);
    if (rc == 0)
        rc = coil_task_await(task);
    coil_task_release(task);
    return rc;
}

static void find_the_deadlock(void *arg)
{
    (void)arg;
    ASSERT_EQ(coil_test_explore(deadlock_perhaps, NULL, 0, NULL), -EDEADLK);
}

TEST(explore_finds_a_deadlock)
{
    child_run(&child, find_the_deadlock, NULL);
    ASSERT_CHILD_EXITED(&child, 0);
    ASSERT_STR_CONTAINS(child.text, "deadlock");
    ASSERT_STR_CONTAINS(child.text, "COIL_CHOICES=");
}

static const char *is_not_bb(const void *object)
{
    return strcmp(object, "bb") == 0 ? "it is bb" : NULL;
}

static int watch_two_tasks(void *arg)
{
    ASSERT_EQ(coil_test_watch(is_not_bb, said), 0);
    return two_tasks(arg);
}

PANIC_TEST(explore_watches_every_step, "this schedule is COIL_CHOICES=")
{
    coil_test_explore(watch_two_tasks, NULL, 0, NULL);
}

static int leave_things(void *arg)
{
    struct coil_listener *listener;
    struct coil_task *tasks[4];
    int number = 3;

    (void)arg;
    ASSERT_EQ(coil_now(), 0);
    ASSERT_LE(coil_test_steps(), 1);
    ASSERT_EQ(coil_all_tasks(tasks, 4), 1);
    switch (coil_test_choose(4)) {
    case 0:
        break;
    case 1:
        ASSERT_EQ(coil_task_create(NULL, sleep_long, NULL), 0);
        break;
    case 2:
        ASSERT_EQ(coil_tcp_listen(&listener, "127.0.0.1", 7), 0);
        ASSERT_EQ(coil_test_watch(is_not_bb, "bb"), 0);
        coil_test_unwatch("bb");
        coil_listener_close(listener);
        break;
    case 3:
        ASSERT_EQ(coil_to_thread(return_pointee, &number), 3);
        break;
    }
    return 0;
}

TEST(explore_begins_each_schedule_anew)
{
    size_t live = coil_test_live_allocations();

    ASSERT_EQ(coil_test_explore(leave_things, NULL, 0, &runs), 0);
    ASSERT_GE(runs, 4);
    ASSERT_EQ(coil_test_run_seeds(leave_things, NULL, 0, 50), 0);
    ASSERT_EQ(coil_test_live_allocations(), live);
}

static int explore_inside(void *arg)
{
    (void)arg;
    ASSERT_EQ(coil_test_explore(two_tasks, NULL, 0, NULL), -EBUSY);
    ASSERT_EQ(coil_test_run_seeds(two_tasks, NULL, 0, 1), -EBUSY);
    return 0;
}

TEST(explore_is_not_for_inside_of_a_loop)
{
    ASSERT_EQ(coil_test_run(explore_inside, NULL, 0), 0);
}

/* ---- by seed -------------------------------------------------------------- */

static char by_seed[100][8];

static int note_order(void *arg)
{
    (void)arg;
    two_tasks(NULL);
    return 0;
}

static int fail_if_42(void *arg)
{
    (void)arg;
    all_count++;
    return coil_test_random(1000) == *(uint64_t *)arg ? -EBADMSG : 0;
}

TEST(explore_seeds_do_what_each_does_alone)
{
    ASSERT_EQ(coil_test_run_seeds(note_order, NULL, 0, 50), 0);
    memcpy(by_seed, all_said, sizeof by_seed);
    all_count = 0;
    for (uint64_t seed = 0; seed < 50; seed++)
        ASSERT_EQ(coil_test_run(note_order, NULL, seed), 0);
    ASSERT_MEM_EQ(by_seed, all_said, sizeof by_seed);
    ASSERT_STR_EQ(all_said[0], "abab");
}

static void run_until_42(void *arg)
{
    uint64_t answer = 42;

    (void)arg;
    ASSERT_EQ(coil_test_run_seeds(fail_if_42, &answer, 1, 100000), -EBADMSG);
}

TEST(explore_seeds_say_which_failed)
{
    uint64_t answer = 42;
    char seed[32];

    child_run(&child, run_until_42, NULL);
    ASSERT_CHILD_EXITED(&child, 0);
    ASSERT_EQ(
        sscanf(child.text, "coil: it failed with COIL_SEED=%31[0-9]", seed), 1);
    setenv("COIL_SEED", seed, 1);
    ASSERT_EQ(coil_test_run_seeds(fail_if_42, &answer, 1, 100000), -EBADMSG);
    ASSERT_EQ(all_count, 1);
}

static int be_late(void *arg)
{
    coil_test_let_time_pass(2, *(coil_time *)arg);
    return be_in_time_or_not(arg);
}

TEST(explore_seeds_let_time_pass_where_that_is_asked_for)
{
    coil_time never = COIL_SECOND - 1, often = COIL_SECOND;

    ASSERT_EQ(coil_test_run_seeds(be_late, &never, 0, 50), 0);
    ASSERT(was_in_time);
    ASSERT(!was_late);
    was_in_time = false;
    ASSERT_EQ(coil_test_run_seeds(be_late, &often, 0, 50), 0);
    ASSERT(was_in_time);
    ASSERT(was_late);
}

/* ---- suspensions ---------------------------------------------------------- */

static struct coil_event event;
static struct coil_task *victim;

static int suspend_thrice(void *arg)
{
    (void)arg;
    strcat(said, "1");
    ASSERT_EQ(coil_event_wait(&event), 0);
    strcat(said, "2");
    ASSERT_EQ(coil_yield(), 0);
    strcat(said, "3");
    ASSERT_EQ(coil_sleep(COIL_SECOND), 0);
    strcat(said, "4");
    return 0;
}

static void say_strike(void *arg)
{
    (void)arg;
    ASSERT_NULL(coil_current_task());
    strcat(said, coil_event_is_set(&event) ? "!" : "?");
}

struct moment {
    uint64_t n;
    enum coil_test_moment moment;
};

static int probe_victim(void *arg)
{
    const struct moment *m = arg;

    said[0] = '\0';
    coil_event_init(&event);
    ASSERT_EQ(coil_task_create(&victim, suspend_thrice, NULL), 0);
    ASSERT_EQ(coil_test_probe(victim, m->n, m->moment, say_strike, NULL), 0);
    ASSERT_EQ(coil_yield(), 0);
    coil_event_set(&event);
    ASSERT_EQ(coil_task_await(victim), 0);
    ASSERT_EQ(coil_test_suspensions(), 3);
    coil_task_release(victim);
    return 0;
}

static void expect_strike(uint64_t n, enum coil_test_moment moment,
                          const char *expected)
{
    struct moment m = { n, moment };

    ASSERT_EQ(coil_test_run(probe_victim, &m, 0), 0);
    ASSERT_STR_EQ(said, expected);
}

TEST(explore_tells_of_a_task_that_suspends_and_that_goes_on)
{
    expect_strike(0, COIL_TEST_PARKED, "1234");
    expect_strike(1, COIL_TEST_PARKED, "1?234");
    expect_strike(1, COIL_TEST_GRANTED, "1!234");
    expect_strike(2, COIL_TEST_PARKED, "12!34");
    expect_strike(2, COIL_TEST_GRANTED, "12!34");
    expect_strike(3, COIL_TEST_PARKED, "123!4");
    expect_strike(3, COIL_TEST_GRANTED, "123!4");
    expect_strike(4, COIL_TEST_PARKED, "1234");
}

static int say_go(void *arg)
{
    strcat(said, arg);
    return 0;
}

static int wait_once(void *arg)
{
    int rc = coil_event_wait(&event);

    return rc < 0 ? rc : say_go(arg);
}

/* Another task stands before the victim in the queue. */
static int probe_second(void *arg)
{
    const enum coil_test_moment *moment = arg;
    char first[] = "a", second[] = "b";
    struct coil_task *other;

    said[0] = '\0';
    coil_event_init(&event);
    ASSERT_EQ(coil_task_create(&other, wait_once, first), 0);
    ASSERT_EQ(coil_task_create(&victim, wait_once, second), 0);
    ASSERT_EQ(coil_test_probe(victim, 1, *moment, say_strike, NULL), 0);
    ASSERT_EQ(coil_yield(), 0);
    coil_event_set(&event);
    ASSERT_EQ(coil_task_await(victim), 0);
    coil_task_release(victim);
    coil_task_release(other);
    return 0;
}

TEST(explore_tells_of_a_decision_before_others_run)
{
    enum coil_test_moment moment = COIL_TEST_DECIDED;

    ASSERT_EQ(coil_test_run(probe_second, &moment, 0), 0);
    ASSERT_STR_EQ(said, "!ab");
    moment = COIL_TEST_GRANTED;
    ASSERT_EQ(coil_test_run(probe_second, &moment, 0), 0);
    ASSERT_STR_EQ(said, "a!b");
    /*
     * A victim that only yields, or is the last, is reported when nobody can be
     * before it.
     */
    expect_strike(2, COIL_TEST_DECIDED, "12!34");
    expect_strike(3, COIL_TEST_DECIDED, "123!4");
}

static void cancel_victim(void *arg)
{
    (void)arg;
    ASSERT(coil_task_cancel(victim));
}

static int wait_and_yield(void *arg)
{
    (void)arg;
    ASSERT_EQ(coil_event_wait(&event), 0);
    ASSERT_EQ(coil_yield(), -ECANCELED);
    return 7;
}

static int cancel_granted(void *arg)
{
    (void)arg;
    coil_event_init(&event);
    ASSERT_EQ(coil_task_create(&victim, wait_and_yield, NULL), 0);
    ASSERT_EQ(
        coil_test_probe(victim, 1, COIL_TEST_GRANTED, cancel_victim, NULL), 0);
    ASSERT_EQ(coil_yield(), 0);
    coil_event_set(&event);
    ASSERT_EQ(coil_task_await(victim), 7);
    coil_task_release(victim);
    return 0;
}

TEST(explore_what_is_granted_is_kept_when_it_is_cancelled_then)
{
    ASSERT_EQ(coil_test_run(cancel_granted, NULL, 0), 0);
}

TEST(explore_probes_only_the_simulator)
{
    ASSERT_EQ(coil_test_probe(NULL, 0, COIL_TEST_PARKED, NULL, NULL), -ENOTSUP);
    ASSERT_EQ(coil_test_fail_call(1, -EIO), -ENOTSUP);
    ASSERT_EQ(coil_test_calls(), 0);
    ASSERT_EQ(coil_test_suspensions(), 0);
    coil_test_dump_schedule(-1);
}

/* ---- calls that fail ------------------------------------------------------ */

/*
 * How far it comes if the n-th call fails, and that it fails with that error.
 */
static int talk(void *arg)
{
    int n = *(int *)arg;
    struct coil_listener *listener;
    struct coil_stream *a, *b;
    struct coil_address address;
    char c;

    ASSERT_EQ(coil_test_fail_call((size_t)n, -EBADMSG), 0);
    ASSERT_EQ(coil_tcp_listen(&listener, "127.0.0.1", 0),
              n == 1 || n == 2 ? -EBADMSG : 0);
    if (n <= 2)
        return 0;
    coil_listener_address(listener, &address);
    ASSERT_EQ(coil_tcp_connect_address(&a, &address), n <= 4 ? -EBADMSG : 0);
    if (n <= 4)
        goto close_listener;
    ASSERT_EQ(coil_listener_accept(listener, &b), n == 5 ? -EBADMSG : 0);
    if (n == 5)
        goto abort_a;
    ASSERT_EQ(coil_stream_write(a, "x", 1), n == 6 ? -EBADMSG : 0);
    ASSERT_EQ(coil_stream_flush(a), n == 6 ? -EBADMSG : 0);
    if (n == 6)
        goto abort_b;
    ASSERT_EQ(coil_stream_read(b, &c, 1), n == 7 ? -EBADMSG : 1);
    ASSERT_EQ(coil_stream_shutdown(b), n == 8 ? -EBADMSG : 0);
    if (n > 8)
        ASSERT_EQ(coil_test_calls(), 8);

abort_b:
    coil_stream_abort(b);
abort_a:
    coil_stream_abort(a);
close_listener:
    coil_listener_close(listener);
    return 0;
}

TEST(explore_lets_each_call_of_the_network_fail)
{
    for (int n = 1; n <= 9; n++)
        ASSERT_EQ(coil_test_run(talk, &n, 0), 0);
}

/* ---- what a schedule leaves to the next ------------------------------------ */

/* See test.h. */
bool test_reports_slow_steps = true;

static int change_the_loop(void *arg)
{
    struct coil_loop *loop = coil_loop_current();
    const coil_time *limit = arg;

    ASSERT(!coil_loop_is_debug(loop));
    ASSERT_EQ(coil_loop_slow_callback_duration(loop), *limit);
    coil_loop_set_debug(loop, true);
    coil_loop_set_slow_callback_duration(loop, 3 * *limit);
    return 0;
}

TEST(explore_leaves_the_next_run_no_settings)
{
    coil_time limit = 100 * COIL_MILLISECOND;

    ASSERT_EQ(coil_test_run_seeds(change_the_loop, &limit, 1, 3), 0);
    ASSERT_EQ(coil_test_explore(change_the_loop, &limit, 3, &runs), 0);
}

static int change_the_limit(void *arg)
{
    const coil_time *limit = arg;
    struct coil_loop *loop = coil_loop_current();

    ASSERT_EQ(coil_loop_slow_callback_duration(loop), *limit);
    coil_loop_set_slow_callback_duration(loop, 3 * *limit);
    return 0;
}

TEST(explore_leaves_the_next_run_no_limit_of_its_own)
{
    coil_time limit = 100 * COIL_MILLISECOND;

    ASSERT_EQ(coil_test_run_seeds(change_the_limit, &limit, 1, 3), 0);
}
