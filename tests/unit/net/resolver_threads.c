/* SPDX-License-Identifier: MIT */
/* WRAPS: getaddrinfo freeaddrinfo */
/* LABELS: threads */
/*
 * What the resolver keeps when threads ask the system, and how many there are.
 * getaddrinfo() is this file's own.
 */
#include <time.h>

#include "process.h"
#include "resolve_test.h"

const answer_fn answer_names = answer_counted;

/* The names that a test asks for at once: more than there are threads. */
enum { MANY = 300 };

static char slow[MANY][30];

static void configure(unsigned threads)
{
    const struct coil_resolver_options options = { .threads_max = threads };

    reset();
    ASSERT_EQ(coil_resolver_configure(&options), 0);
    for (int i = 0; i < MANY; i++)
        snprintf(slow[i], sizeof slow[i], "slow%d.test", i);
}

KERNEL_TEST(resolver_threads_answer_while_forty_names_are_dead)
{
    struct coil_task *tasks[40];

    configure(0);
    for (int i = 0; i < 40; i++)
        tasks[i] = start(resolve, slow[i]);
    ASSERT_EQ(coil_yield(), 0);
    until(&begun, 40);
    ASSERT_EQ(resolve_text("two.test"), 2); /* nobody has opened the gate */
    for (int i = 0; i < 40; i++)
        ASSERT_EQ(end_by_cancelling(tasks[i]), -ECANCELED);
    open_gate(40);
    until(&ended, 40);
}

KERNEL_TEST(resolver_threads_are_256_at_most)
{
    static struct coil_task *tasks[MANY];

    if (under_tsan)
        SKIP("ThreadSanitizer takes the memory of ended threads for a race");
    configure(0);
    for (int i = 0; i < MANY; i++)
        tasks[i] = start(resolve, slow[i]);
    ASSERT_EQ(coil_yield(), 0);
    until(&begun, 256);
    open_gate(MANY);
    for (int i = 0; i < MANY; i++)
        ASSERT_EQ(end_of(tasks[i]), 1);
    ASSERT_EQ(most, 256);
    ASSERT_EQ(asked, MANY);
}

/* All of them, once they have had nothing to do for a second. */
KERNEL_TEST(resolver_threads_go_when_there_is_nothing_to_do)
{
    struct coil_task *tasks[10];
    int before = threads();

    configure(0);
    for (int i = 0; i < 10; i++)
        tasks[i] = start(resolve, slow[i]);
    ASSERT_EQ(coil_yield(), 0);
    until(&begun, 10);
    ASSERT_GE(threads(), before + 10);
    open_gate(10);
    for (int i = 0; i < 10; i++)
        ASSERT_EQ(end_of(tasks[i]), 1);
    while (threads() > before)
        ASSERT_EQ(coil_sleep(10 * COIL_MILLISECOND), 0);
    ASSERT_EQ(resolve_text("another.test"), 1);
}

/* Until then it is there for the next name. */
KERNEL_TEST(resolver_threads_serve_one_name_after_the_other)
{
    char name[30];

    configure(1);
    askers = 0;
    for (int i = 0; i < 30; i++) {
        snprintf(name, sizeof name, "127-0-0-%d.test", i);
        ASSERT_EQ(resolve_text(name), 1);
        settle();
    }
    ASSERT_LE(askers, 5); /* 1, where the machine is not very slow */
}

/* Fewer than there are: the others end, and no job is lost. */
KERNEL_TEST(resolver_threads_that_are_too_many_end)
{
    struct coil_task *tasks[20];

    configure(8);
    for (int i = 0; i < 8; i++)
        tasks[i] = start(resolve, slow[i]);
    ASSERT_EQ(coil_yield(), 0);
    until(&begun, 8);
    ASSERT_EQ(coil_resolver_configure(
                  &(struct coil_resolver_options){ .threads_max = 2 }),
              0);
    open_gate(8);
    for (int i = 0; i < 8; i++)
        ASSERT_EQ(end_of(tasks[i]), 1);
    configure(2);
    for (int i = 0; i < 20; i++)
        tasks[i] = start(resolve, slow[i]);
    ASSERT_EQ(coil_yield(), 0);
    open_gate(20);
    for (int i = 0; i < 20; i++)
        ASSERT_EQ(end_of(tasks[i]), 1);
    ASSERT_LE(most, 2);
}

/* ---- what is kept --------------------------------------------------------- */

static int resolve_two(void *arg)
{
    (void)arg;
    return resolve_text("two.test");
}

TEST(resolver_threads_keep_answers_for_all_loops)
{
    configure(0);
    for (int i = 0; i < 5; i++)
        ASSERT_EQ(coil_run(resolve_two, NULL), 2);
    ASSERT_EQ(asked, 1);
    coil_resolver_flush("two.test");
    ASSERT_EQ(coil_run(resolve_two, NULL), 2);
    ASSERT_EQ(asked, 2);
}

/* An answer that comes too late for whoever has asked is not lost. */
KERNEL_TEST(resolver_threads_keep_what_nobody_waits_for_any_more)
{
    struct coil_resolver_statistics statistics;
    struct coil_task *task;

    configure(0);
    task = start(resolve, "slow.test");
    settle();
    until(&begun, 1);
    ASSERT_EQ(end_by_cancelling(task), -ECANCELED);
    open_gate(1);
    do { /* it is kept by the thread itself, a moment after its answer */
        ASSERT_EQ(coil_yield(), 0);
        coil_resolver_statistics(&statistics);
    } while (statistics.names == 0);
    ASSERT_EQ(resolve_text("slow.test"), 1);
    ASSERT_EQ(asked, 1);
}

KERNEL_TEST(resolver_threads_keep_no_shortage)
{
    configure(0);
    ASSERT_EQ(resolve_text("short1.test"), -ENFILE);
    ASSERT_EQ(resolve_text("short1.test"), -ENFILE);
    ASSERT_EQ(asked, 2);
    ASSERT_EQ(resolve_text("unknown.test"), COIL_ERESOLVE(EAI_NONAME));
    ASSERT_EQ(resolve_text("unknown.test"), COIL_ERESOLVE(EAI_NONAME));
    ASSERT_EQ(asked, 3);
}

/* ---- several loops -------------------------------------------------------- */

static int resolve_some(void *arg)
{
    (void)arg;
    for (int i = 0; i < 300; i++) {
        char name[30];

        snprintf(name, sizeof name, "127-0-1-%d.test", i % 20);
        ASSERT_EQ(resolve_text(name), 1);
        if (i % 50 == 0)
            coil_resolver_flush(i % 100 ? name : NULL);
    }
    return 0;
}

static void *run_loop(void *arg)
{
    int *rc = arg;

    *rc = coil_run(resolve_some, NULL);
    return NULL;
}

/* Under ThreadSanitizer above all. */
TEST(resolver_threads_and_loops_share_what_is_kept)
{
    struct coil_resolver_options few = { .names_max = 7 };
    pthread_t loops[4];
    int rc[4];

    configure(0);
    for (int i = 0; i < 4; i++)
        ASSERT_EQ(pthread_create(&loops[i], NULL, run_loop, &rc[i]), 0);
    for (int i = 0; i < 20; i++) {
        struct coil_resolver_statistics statistics;

        ASSERT_EQ(coil_resolver_configure(&few), 0);
        coil_resolver_flush("127-0-1-1.test");
        coil_resolver_statistics(&statistics);
        ASSERT_LE(statistics.names, 7);
    }
    for (int i = 0; i < 4; i++) {
        pthread_join(loops[i], NULL);
        ASSERT_EQ(rc[i], 0);
    }
}

/* ---- a source that asks the system ---------------------------------------- */

static int by_system(struct coil_lookup *lookup, void *arg)
{
    int rc;

    (void)arg;
    if (strcmp(lookup->host, "alias.test") == 0)
        lookup->host = "localhost";
    if (strcmp(lookup->host, "empty.test") == 0)
        lookup->host = "";
    if (strcmp(lookup->host, "cancelled.test") == 0)
        coil_task_cancel(coil_current_task());
    rc = coil_lookup_by_system(lookup);
    return rc < 0 ? rc : coil_lookup_sort(lookup);
}

STREAM_TEST(resolver_threads_serve_a_source_of_the_program)
{
    const struct coil_resolver_source source = { .look_up = by_system };

    configure(0);
    ASSERT_EQ(coil_resolver_configure(
                  &(struct coil_resolver_options){ .source = &source }),
              0);
    ASSERT_EQ(resolve_text("two.test"), 2);
    ASSERT_EQ(resolve_text("two.test"), 2);
    ASSERT_EQ(resolve_text("unknown.test"), COIL_ERESOLVE(EAI_NONAME));
    ASSERT_EQ(resolve_text("system.test"), -ENETDOWN);
    ASSERT_EQ(asked, 3);
    /* Nobody is asked for this machine. */
    ASSERT_EQ(resolve_text("alias.test"), 2);
    ASSERT_EQ(asked, 3);
    ASSERT_EQ(resolve_text("empty.test"), 1);
    ASSERT_EQ(asked, 4);
    /* Those who ask have not cancelled it. */
    ASSERT_EQ(resolve_text("cancelled.test"), COIL_ERESOLVE(EAI_AGAIN));
    ASSERT_EQ(asked, 4);
    if (!simulated)
        ASSERT_EQ(resolve_text("exit.test"), -EOWNERDEAD);
}

STREAM_TEST(resolver_threads_of_a_source_without_memory_fail_cleanly)
{
    const struct coil_resolver_source source = { .look_up = by_system };
    size_t before;
    size_t n = 0;

    configure(0);
    ASSERT_EQ(coil_resolver_configure(&(struct coil_resolver_options){
                  .source = &source, .no_cache = true }),
              0);
    do {
        int rc;

        before = coil_test_allocations();
        coil_test_fail_allocation(++n, false);
        rc = resolve_text("two.test");
        ASSERT(rc == -ENOMEM || rc == 2);
        coil_test_fail_allocation(0, false);
    } while (coil_test_allocations() - before >= n);
    ASSERT_GT(n, 4);
}
