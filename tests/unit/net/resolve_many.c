/* SPDX-License-Identifier: MIT */
/* WRAPS: getaddrinfo freeaddrinfo */
/* LABELS: threads */
/*
 * Names that several tasks ask for at once, and those that are asked for when
 * the loop ends.
 */
#include "resolve_test.h"

const answer_fn answer_names = answer_counted;

/* ---- one after the other ---------------------------------------------- */

/* More than the threads there are. */
static const char *const names[] = { "slow0", "slow1", "slow2", "slow3",
                                     "slow4", "slow5", "slow6", "slow7",
                                     "slow8", "slow9" };

static struct coil_task *start_resolving(const char *host)
{
    return start(resolve, (void *)(uintptr_t)host);
}

/* ---- several at once --------------------------------------------------- */

STREAM_TEST(resolve_asks_once_for_all_who_want_one_name)
{
    struct coil_task *tasks[10];

    reset();
    open_gate(10);
    for (int i = 0; i < 10; i++)
        tasks[i] =
            start_resolving(i % 5 == 4 ? "slow.other.test" : "slow.test");
    for (int i = 0; i < 10; i++)
        ASSERT_EQ(end_of(tasks[i]), 1);
    /* On the kernel an answer may come before the last has asked. */
    if (simulated && seed == 0)
        ASSERT_EQ(asked, 2);
    ASSERT_EQ(resolve_text("slow.test"), 1);
}

static int resolve_number(void *arg)
{
    struct coil_address *addresses;
    char name[30];
    char expected[30];
    char one[COIL_ADDRESS_STRING];
    size_t count;
    int n = *(int *)arg;
    int rc;

    snprintf(name, sizeof name, "127-0-1-%d.test", n);
    snprintf(expected, sizeof expected, "127.0.1.%d:80", n);
    rc = coil_resolve(name, 80, &addresses, &count);
    if (rc < 0)
        return rc;
    ASSERT_EQ(count, 1);
    ASSERT_STR_EQ(coil_address_string(addresses, one), expected);
    coil_addresses_free(addresses);
    return 0;
}

/* There are more of them at once than the table has places. */
STREAM_TEST(resolve_gives_each_name_its_own_answer)
{
    struct coil_task *tasks[200];
    int numbers[200];

    reset();
    for (int i = 0; i < 200; i++) {
        numbers[i] = i;
        tasks[i] = start(resolve_number, &numbers[i]);
    }
    for (int i = 0; i < 200; i++)
        ASSERT_EQ(end_of(tasks[i]), 0);
    ASSERT_EQ(asked, 200);
}

KERNEL_TEST(resolve_joins_a_look_up_that_takes_long)
{
    struct coil_task *tasks[10];

    reset();
    for (int i = 0; i < 10; i++)
        tasks[i] = start_resolving("slow.test");
    settle();
    until(&asked, 1);
    for (int i = 0; i < 9; i++)
        ASSERT_EQ(end_by_cancelling(tasks[i]), -ECANCELED);
    open_gate(1);
    ASSERT_EQ(end_of(tasks[9]), 1);
    ASSERT_EQ(asked, 1);
}

/* Withdrawn once, however many had asked. */
KERNEL_TEST(resolve_withdraws_what_all_have_left)
{
    struct coil_task *busy[8];
    struct coil_task *tasks[3];

    reset();
    for (int i = 0; i < 8; i++)
        busy[i] = start_resolving(names[i]);
    settle();
    until(&asked, 8);
    for (int i = 0; i < 3; i++)
        tasks[i] = start_resolving("one.test");
    settle();
    for (int i = 0; i < 3; i++)
        ASSERT(coil_task_cancel(tasks[i]));
    for (int i = 0; i < 3; i++)
        ASSERT_EQ(end_of(tasks[i]), -ECANCELED);
    open_gate(8);
    for (int i = 0; i < 8; i++)
        ASSERT_EQ(end_of(busy[i]), 1);
    ASSERT_EQ(asked, 8);
}

KERNEL_TEST(resolve_joins_even_what_nobody_waits_for_any_more)
{
    struct coil_task *task;

    reset();
    task = start_resolving("slow.test");
    settle();
    until(&asked, 1);
    ASSERT_EQ(end_by_cancelling(task), -ECANCELED);
    task = start_resolving("slow.test");
    settle();
    open_gate(1);
    ASSERT_EQ(end_of(task), 1);
    ASSERT_EQ(asked, 1);

    /* And what was dropped is not remembered. */
    task = start_resolving("slow.test");
    settle();
    until(&asked, 2);
    ASSERT_EQ(end_by_cancelling(task), -ECANCELED);
    open_gate(1);
    until(&answered, 2);
    settle();
    open_gate(1);
    ASSERT_EQ(resolve_text("slow.test"), 1);
    ASSERT_EQ(asked, 3);
}

KERNEL_TEST(resolve_uses_8_threads_and_withdraws_what_has_not_begun)
{
    struct coil_task *tasks[10];

    reset();
    for (int i = 0; i < 10; i++)
        tasks[i] = start_resolving(names[i]);
    settle();
    until(&begun, 8);
    ASSERT_EQ(end_by_cancelling(tasks[8]), -ECANCELED);
    open_gate(1);
    until(&begun, 9);
    open_gate(9);
    for (int i = 0; i < 10; i++)
        if (i != 8)
            ASSERT_EQ(end_of(tasks[i]), 1);
    ASSERT_EQ(asked, 9);
    ASSERT_EQ(most, 8);
    ASSERT_EQ(resolve_text("slow8"), 1);
}

STREAM_TEST(resolve_cancelled_at_any_moment_forgets_nothing)
{
    reset();
    for (int turns = 0; turns < 6; turns++) {
        struct coil_task *a = start_resolving("one.test");
        struct coil_task *b = start_resolving("one.test");
        int rc;

        for (int i = 0; i < turns; i++)
            ASSERT_EQ(coil_yield(), 0);
        (void)coil_task_cancel(a);
        rc = end_of(a);
        ASSERT(rc == 1 || rc == -ECANCELED);
        ASSERT_EQ(end_of(b), 1);
    }
}

KERNEL_TEST(resolve_in_a_timeout_scope_ends_in_time)
{
    struct coil_timeout limit;
    int rc;

    reset();
    ASSERT_EQ(coil_timeout_begin(&limit, COIL_MILLISECOND), 0);
    rc = resolve_text("slow.test");
    ASSERT_EQ(coil_timeout_end(&limit, rc), -ETIMEDOUT);
    open_gate(1);
}

/* ---- the end of the loop ----------------------------------------------- */

static int leave_resolving(void *arg)
{
    int before = atomic_load(&asked);

    coil_task_release(start_resolving(arg));
    coil_task_release(start_resolving("slow.test"));
    while (atomic_load(&asked) == before)
        ASSERT_EQ(coil_yield(), 0);
    return 0;
}

/* All threads are past what they did for loops that are gone. */
static int keep_all_threads(void *arg)
{
    int before = atomic_load(&asked);
    struct coil_task *tasks[8];

    (void)arg;
    for (int i = 0; i < 8; i++)
        tasks[i] = start_resolving(names[i]);
    ASSERT_EQ(coil_yield(), 0);
    until(&asked, before + 8);
    open_gate(8);
    for (int i = 0; i < 8; i++)
        ASSERT_EQ(end_of(tasks[i]), 1);
    return 0;
}

/* Each loop may lie where the last one did, and must not join its look-up. */
TEST(resolve_that_ends_after_its_loop_tells_nobody)
{
    static char name[] = "slow.test";

    reset();
    for (int i = 0; i < 5; i++)
        ASSERT_EQ(coil_run(leave_resolving, name), 0);
    ASSERT_EQ(asked, 5);
    open_gate(6);
    ASSERT_EQ(coil_run(resolve, name), 1);
    until(&answered, 6);
    ASSERT_EQ(coil_run(keep_all_threads, NULL), 0);
}

static int resolve_many(void *arg)
{
    (void)arg;
    for (int i = 0; i < 100; i++) {
        int rc = resolve_text("two.test");

        if (rc != 2)
            return rc;
    }
    return 0;
}

static int resolve_in_tasks(void *arg)
{
    struct coil_task *tasks[10];
    int rc = 0;

    for (int i = 0; i < 10; i++)
        tasks[i] = start(resolve_many, arg);
    for (int i = 0; i < 10; i++)
        rc |= end_of(tasks[i]);
    return rc;
}

static void *run_loop(void *arg)
{
    int *rc = arg;

    *rc = coil_run(resolve_in_tasks, NULL);
    return NULL;
}

TEST(resolve_serves_several_loops)
{
    pthread_t loops[4];
    int rc[4];

    reset();
    for (int i = 0; i < 4; i++)
        ASSERT_EQ(pthread_create(&loops[i], NULL, run_loop, &rc[i]), 0);
    for (int i = 0; i < 4; i++) {
        pthread_join(loops[i], NULL);
        ASSERT_EQ(rc[i], 0);
    }
}
