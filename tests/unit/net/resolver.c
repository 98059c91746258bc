/* SPDX-License-Identifier: MIT */
/*
 * What the resolver keeps, for how long, and who shares what is asked.  Nobody
 * but a source of this program's own is asked, and time is the simulator's.
 */
#include "resolver_test.h"

static void wait_for(coil_time duration)
{
    ASSERT_EQ(coil_sleep(duration), 0);
}

/* ---- how long ------------------------------------------------------------- */

CORE_TEST(resolver_asks_once_in_the_time_that_the_source_names)
{
    configure((struct coil_resolver_options){ 0 });
    source_ttl = 10 * COIL_SECOND;
    for (int i = 0; i < 100; i++)
        ASSERT_STR_EQ(resolved("one.test"), "10.0.0.1:80 [fd00::1]:80");
    wait_for(10 * COIL_SECOND - 1);
    ASSERT_STR_EQ(resolved("one.test"), "10.0.0.1:80 [fd00::1]:80");
    wait_for(1);
    ASSERT_STR_EQ(resolved("one.test"), "10.0.0.2:80 [fd00::1]:80");
    ASSERT_EQ(times_asked, 2);
}

CORE_TEST(resolver_keeps_answers_between_floor_and_ceiling)
{
    configure((struct coil_resolver_options){ .ttl_floor = 5 * COIL_SECOND,
                                              .ttl_ceiling = COIL_MINUTE });
    source_ttl = 0;
    ASSERT_EQ(code("short.test"), 0);
    source_ttl = 24 * 60 * COIL_MINUTE;
    ASSERT_EQ(code("long.test"), 0);
    wait_for(5 * COIL_SECOND - 1);
    ASSERT_EQ(code("short.test"), 0);
    ASSERT_EQ(times_asked, 2);
    wait_for(1);
    ASSERT_EQ(code("short.test"), 0);
    ASSERT_EQ(times_asked, 3);
    wait_for(55 * COIL_SECOND - 1);
    ASSERT_EQ(code("long.test"), 0);
    ASSERT_EQ(times_asked, 3);
    wait_for(1);
    ASSERT_EQ(code("long.test"), 0);
    ASSERT_EQ(times_asked, 4);
}

CORE_TEST(resolver_keeps_nothing_whose_time_is_0)
{
    configure((struct coil_resolver_options){ 0 });
    source_ttl = 0;
    ASSERT_EQ(code("one.test"), 0);
    ASSERT_EQ(code("one.test"), 0);
    ASSERT_EQ(times_asked, 2);
}

CORE_TEST(resolver_keeps_answers_without_a_time_for_30_s_or_as_it_is_told)
{
    for (int i = 0; i < 2; i++) {
        coil_time told = i * COIL_MINUTE;
        coil_time kept = told ? told : 30 * COIL_SECOND;

        configure((struct coil_resolver_options){ .ttl_default = told });
        ASSERT_EQ(code("one.test"), 0);
        wait_for(kept - 1);
        ASSERT_EQ(code("one.test"), 0);
        ASSERT_EQ(times_asked, 1);
        wait_for(1);
        ASSERT_EQ(code("one.test"), 0);
        ASSERT_EQ(times_asked, 2);
    }
}

CORE_TEST(resolver_keeps_that_there_is_no_such_name_for_5_s)
{
    configure((struct coil_resolver_options){ 0 });
    ASSERT_EQ(code("unknown.test"), COIL_ERESOLVE(EAI_NONAME));
    wait_for(5 * COIL_SECOND - 1);
    ASSERT_EQ(code("unknown.test"), COIL_ERESOLVE(EAI_NONAME));
    ASSERT_EQ(times_asked, 1);
    wait_for(1);
    ASSERT_EQ(code("unknown.test"), COIL_ERESOLVE(EAI_NONAME));
    ASSERT_EQ(times_asked, 2);
    /* The source knows better, up to that limit. */
    coil_resolver_flush(NULL);
    source_ttl = 24 * 60 * COIL_MINUTE;
    ASSERT_EQ(code("unknown.test"), COIL_ERESOLVE(EAI_NONAME));
    source_ttl = COIL_SECOND;
    ASSERT_EQ(code("unknown2.test"), COIL_ERESOLVE(EAI_NONAME));
    wait_for(COIL_SECOND);
    ASSERT_EQ(code("unknown.test"), COIL_ERESOLVE(EAI_NONAME));
    ASSERT_EQ(times_asked, 4);
    ASSERT_EQ(code("unknown2.test"), COIL_ERESOLVE(EAI_NONAME));
    ASSERT_EQ(times_asked, 5);
    wait_for(4 * COIL_SECOND);
    ASSERT_EQ(code("unknown.test"), COIL_ERESOLVE(EAI_NONAME));
    ASSERT_EQ(times_asked, 6);
}

/* What the process lacks, and what a program's source says, is of now. */
CORE_TEST(resolver_keeps_failures_of_the_name_only)
{
    static const struct {
        int error;
        int asked; /* by two calls */
    } all[] = {
        { COIL_ERESOLVE(EAI_NONAME), 1 },
        { COIL_ERESOLVE(EAI_AGAIN), 1 },
        { COIL_ERESOLVE(EAI_FAIL), 1 },
        { COIL_ERESOLVE(EAI_NODATA), 1 },
        { COIL_ERESOLVE(EAI_ADDRFAMILY), 1 },
        { -EMFILE, 2 },
        { -ENOMEM, 2 },
        { -ENETDOWN, 2 },
    };

    for (size_t i = 0; i < sizeof all / sizeof *all; i++) {
        configure((struct coil_resolver_options){ 0 });
        source_failure = all[i].error;
        ASSERT_EQ(code("one.test"), source_failure);
        ASSERT_EQ(code("one.test"), source_failure);
        ASSERT_EQ(times_asked, all[i].asked);
        source_failure = 0;
        wait_for(5 * COIL_SECOND);
        ASSERT_EQ(code("one.test"), 0);
    }
    configure((struct coil_resolver_options){ .ttl_failure = -1 });
    ASSERT_EQ(code("unknown.test"), COIL_ERESOLVE(EAI_NONAME));
    ASSERT_EQ(code("unknown.test"), COIL_ERESOLVE(EAI_NONAME));
    ASSERT_EQ(times_asked, 2);
}

/* ---- what is one name ----------------------------------------------------- */

CORE_TEST(resolver_takes_large_letters_for_small_ones)
{
    configure((struct coil_resolver_options){ 0 });
    ASSERT_EQ(code("One.TEST"), 0);
    ASSERT_STR_EQ(last_asked, "one.test/0");
    ASSERT_EQ(code("one.test"), 0);
    ASSERT_EQ(times_asked, 1);
    coil_resolver_flush("ONE.test");
    ASSERT_EQ(code("oNE.test"), 0);
    ASSERT_EQ(times_asked, 2);
}

/* A name without it may be found in a search domain. */
CORE_TEST(resolver_keeps_the_dot_at_the_end)
{
    configure((struct coil_resolver_options){ 0 });
    ASSERT_EQ(code("one.test."), 0);
    ASSERT_STR_EQ(last_asked, "one.test./0");
    ASSERT_EQ(code("one.test"), 0);
    ASSERT_EQ(times_asked, 2);
}

CORE_TEST(resolver_asks_for_the_family_that_is_wanted)
{
    struct coil_getaddrinfo_options options = { .family = AF_INET };

    configure((struct coil_resolver_options){ 0 });
    ASSERT_STR_EQ(resolved_with("one.test", &options), "10.0.0.1:80");
    ASSERT_STR_EQ(resolved_with("one.test", &options), "10.0.0.1:80");
    options.family = AF_INET6;
    ASSERT_STR_EQ(resolved_with("one.test", &options), "[fd00::1]:80");
    ASSERT_STR_EQ(resolved("one.test"), "10.0.0.3:80 [fd00::1]:80");
    ASSERT_EQ(times_asked, 3);
    options.family = AF_UNIX;
    ASSERT_STR_EQ(resolved_with("one.test", &options), coil_strerror(-EINVAL));
    options = (struct coil_getaddrinfo_options){ .numeric_only = true };
    ASSERT_STR_EQ(resolved_with("one.test", &options),
                  coil_strerror(COIL_ERESOLVE(EAI_NONAME)));
    ASSERT_STR_EQ(resolved_with("10.1.1.1", &options), "10.1.1.1:80");
    ASSERT_EQ(times_asked, 3);
}

CORE_TEST(resolver_asks_anew_whoever_wants_a_fresh_answer)
{
    const struct coil_getaddrinfo_options fresh = { .fresh = true };

    configure((struct coil_resolver_options){ 0 });
    ASSERT_EQ(code("one.test"), 0);
    ASSERT_STR_EQ(resolved_with("one.test", &fresh),
                  "10.0.0.2:80 [fd00::1]:80");
    ASSERT_STR_EQ(resolved("one.test"), "10.0.0.2:80 [fd00::1]:80");
    ASSERT_EQ(times_asked, 2);
}

/* ---- how many ------------------------------------------------------------- */

CORE_TEST(resolver_forgets_what_was_not_used_for_longest)
{
    configure((struct coil_resolver_options){ .names_max = 3 });
    ASSERT_EQ(code("a.test"), 0);
    ASSERT_EQ(code("b.test"), 0);
    ASSERT_EQ(code("c.test"), 0);
    ASSERT_EQ(code("a.test"), 0); /* used again */
    ASSERT_EQ(times_asked, 3);
    ASSERT_EQ(code("d.test"), 0); /* b.test goes */
    ASSERT_EQ(code("a.test"), 0);
    ASSERT_EQ(code("c.test"), 0);
    ASSERT_EQ(times_asked, 4);
    ASSERT_EQ(code("b.test"), 0);
    ASSERT_EQ(times_asked, 5);
}

CORE_TEST(resolver_forgets_nothing_of_thousands_below_its_limit)
{
    char name[30];

    configure((struct coil_resolver_options){ 0 });
    for (int round = 0; round < 2; round++) {
        for (int i = 0; i < 4096; i++) {
            snprintf(name, sizeof name, "host%d.test", i);
            ASSERT_EQ(code(name), 0);
        }
        ASSERT_EQ(times_asked, 4096);
    }
    /* Each of a row of the table has several neighbours there. */
    for (int i = 0; i < 16; i++) {
        snprintf(name, sizeof name, "host%d.test", i);
        coil_resolver_flush(name);
    }
    for (int i = 0; i < 4096; i++) {
        snprintf(name, sizeof name, "host%d.test", i);
        ASSERT_EQ(code(name), 0);
        ASSERT_EQ(times_asked, 4096 + (i < 16 ? i + 1 : 16));
    }
}

/* ---- flushing ------------------------------------------------------------- */

CORE_TEST(resolver_flushes_one_name_or_all)
{
    configure((struct coil_resolver_options){ 0 });
    ASSERT_EQ(code("a.test"), 0);
    ASSERT_EQ(code("b.test"), 0);
    coil_resolver_flush("a.test");
    coil_resolver_flush("never-asked.test");
    coil_resolver_flush("");
    ASSERT_EQ(code("b.test"), 0);
    ASSERT_EQ(times_asked, 2);
    ASSERT_EQ(code("a.test"), 0);
    ASSERT_EQ(times_asked, 3);
    coil_resolver_flush(NULL);
    ASSERT_EQ(code("a.test"), 0);
    ASSERT_EQ(code("b.test"), 0);
    ASSERT_EQ(times_asked, 5);
}

/* A question from before the flush answers who asked it, and nobody later. */
CORE_TEST(resolver_flushed_during_a_question_asks_again)
{
    struct coil_task *early, *late;

    configure((struct coil_resolver_options){ 0 });
    source_delay = COIL_SECOND;
    early = start(resolve_host, "one.test");
    wait_for(COIL_MILLISECOND);
    coil_resolver_flush(NULL);
    late = start(resolve_host, "one.test");
    wait_for(COIL_MILLISECOND);
    ASSERT_EQ(times_asked, 2);
    ASSERT_EQ(end_of(early), 0);
    coil_resolver_flush(NULL);
    ASSERT_EQ(end_of(late), 0);
    ASSERT_EQ(code("one.test"), 0);
    ASSERT_EQ(times_asked, 3);
}

CORE_TEST(resolver_configured_anew_forgets_all_and_refuses_nonsense)
{
    struct coil_resolver_options options = { .source = &scripted };

    configure(options);
    ASSERT_EQ(code("one.test"), 0);
    ASSERT_EQ(coil_resolver_configure(&options), 0);
    ASSERT_EQ(code("one.test"), 0);
    ASSERT_EQ(times_asked, 2);
    options.ttl_ceiling = COIL_SECOND;
    options.ttl_floor = COIL_SECOND + 1;
    ASSERT_EQ(coil_resolver_configure(&options), -EINVAL);
    options = (struct coil_resolver_options){ .threads_max = 257 };
    ASSERT_EQ(coil_resolver_configure(&options), -EINVAL);
    options = (struct coil_resolver_options){ .ttl_floor = -1 };
    ASSERT_EQ(coil_resolver_configure(&options), -EINVAL);
    ASSERT_EQ(code("one.test"), 0);
    ASSERT_EQ(times_asked, 2);
}

CORE_TEST(resolver_takes_names_of_253_bytes_and_a_dot)
{
    char name[256] = "";

    configure((struct coil_resolver_options){ 0 });
    memset(name, 'a', 253);
    ASSERT_EQ(code(name), 0);
    name[253] = 'a';
    ASSERT_EQ(code(name), -EINVAL);
    name[253] = '.';
    ASSERT_EQ(code(name), 0);
    name[254] = '.';
    ASSERT_EQ(code(name), -EINVAL);
    ASSERT_EQ(times_asked, 2);
}

CORE_TEST(resolver_takes_addresses_of_the_internet_from_a_source)
{
    struct coil_lookup lookup = { .host = "one.test" };
    struct coil_address address = { .length = sizeof(struct sockaddr) };

    address.storage.ss_family = AF_UNIX;
    ASSERT_EQ(coil_lookup_add(&lookup, &address), 0);
    ASSERT_EQ(lookup.count, 0);
    ASSERT_EQ(add(&lookup, "10.0.0.1"), 0);
    ASSERT_EQ(lookup.count, 1);
    coil_addresses_free(lookup.addresses);
}

/* ---- several at once ------------------------------------------------------ */

static int resolve_ipv6(void *host)
{
    const struct coil_getaddrinfo_options options = { .family = AF_INET6 };

    ASSERT_STR_EQ(resolved_with(host, &options), "[fd00::1]:80");
    return 0;
}

CORE_TEST(resolver_shares_no_question_of_another_family)
{
    struct coil_task *any, *ipv6;

    configure((struct coil_resolver_options){ 0 });
    source_delay = COIL_SECOND;
    any = start(resolve_host, "one.test");
    ipv6 = start(resolve_ipv6, "one.test");
    ASSERT_EQ(end_of(any), 0);
    ASSERT_EQ(end_of(ipv6), 0);
    ASSERT_EQ(times_asked, 2);
}

CORE_TEST(resolver_shares_a_question_that_is_under_way)
{
    struct coil_task *tasks[50];
    struct coil_resolver_statistics before, after;

    configure((struct coil_resolver_options){ 0 });
    coil_resolver_statistics(&before);
    source_delay = COIL_SECOND;
    for (int i = 0; i < 50; i++)
        tasks[i] = start(resolve_host, "one.test");
    for (int i = 0; i < 50; i++)
        ASSERT_EQ(end_of(tasks[i]), 0);
    ASSERT_EQ(code("one.test"), 0);
    ASSERT_EQ(times_asked, 1);
    coil_resolver_statistics(&after);
    ASSERT_EQ(after.asked - before.asked, 1);
    ASSERT_EQ(after.joined - before.joined, 49);
    ASSERT_EQ(after.kept - before.kept, 1);
}

CORE_TEST(resolver_asks_while_forty_names_are_dead)
{
    struct coil_task *tasks[40];
    char names[40][30];
    coil_time begun;

    configure((struct coil_resolver_options){ 0 });
    source_delay = COIL_MILLISECOND;
    for (int i = 0; i < 40; i++) {
        snprintf(names[i], sizeof names[i], "dead%d.test", i);
        tasks[i] = start(resolve_host, names[i]);
    }
    turn();
    ASSERT_EQ(times_asked, 40);
    begun = coil_now();
    ASSERT_EQ(code("good.test"), 0);
    ASSERT_EQ(coil_now() - begun, COIL_MILLISECOND);
    for (int i = 0; i < 40; i++)
        ASSERT_EQ(end_by_cancelling(tasks[i]), -ECANCELED);
    wait_for(COIL_MILLISECOND);
    ASSERT_EQ(times_cancelled, 40);
    ASSERT_EQ(coil_all_tasks(NULL, 0), 1);
}

CORE_TEST(resolver_cancels_a_question_when_nobody_waits_any_more)
{
    struct coil_task *a, *b;

    configure((struct coil_resolver_options){ 0 });
    source_delay = COIL_SECOND;
    a = start(resolve_host, "one.test");
    b = start(resolve_host, "one.test");
    turn();
    ASSERT_EQ(end_by_cancelling(a), -ECANCELED);
    turn();
    turn();
    ASSERT_EQ(times_answered, 0);
    ASSERT_EQ(end_by_cancelling(b), -ECANCELED);
    turn();
    turn();
    ASSERT_EQ(times_cancelled, 1);
    ASSERT_EQ(coil_all_tasks(NULL, 0), 1);
    ASSERT_EQ(code("one.test"), 0);
    ASSERT_EQ(times_asked, 2);
}

/* Both leave in one turn. */
CORE_TEST(resolver_cancels_a_question_once)
{
    struct coil_task *a, *b;

    configure((struct coil_resolver_options){ 0 });
    source_delay = COIL_SECOND;
    a = start(resolve_host, "one.test");
    b = start(resolve_host, "one.test");
    turn();
    ASSERT(coil_task_cancel(a));
    ASSERT(coil_task_cancel(b));
    ASSERT_EQ(end_of(a), -ECANCELED);
    ASSERT_EQ(end_of(b), -ECANCELED);
    turn();
    turn();
    ASSERT_EQ(times_cancelled, 1);
    ASSERT_EQ(coil_all_tasks(NULL, 0), 1);
}

CORE_TEST(resolver_asks_anew_who_comes_after_the_last_has_left)
{
    struct coil_task *a, *b;

    configure((struct coil_resolver_options){ 0 });
    source_delay = COIL_SECOND;
    a = start(resolve_host, "one.test");
    turn();
    cancel(a);
    turn(); /* the question is being cancelled */
    b = start(resolve_host, "one.test");
    ASSERT_EQ(end_of(a), -ECANCELED);
    ASSERT_EQ(end_of(b), 0);
    ASSERT_EQ(times_asked, 2);
    ASSERT_EQ(times_cancelled, 1);
}

/* Whoever does that cancels a question, and nobody who waits. */
CORE_TEST(resolver_survives_that_its_own_task_is_cancelled)
{
    struct coil_task *all[3];
    struct coil_task *asking;

    configure((struct coil_resolver_options){ 0 });
    source_delay = COIL_SECOND;
    asking = start(resolve_host, "one.test");
    turn();
    ASSERT_EQ(coil_all_tasks(all, 3), 3);
    for (int i = 0; i < 3; i++)
        if (all[i] != asking && all[i] != coil_current_task())
            cancel(all[i]);
    ASSERT_EQ(end_of(asking), COIL_ERESOLVE(EAI_AGAIN));
    ASSERT_EQ(code("one.test"), 0); /* that was not kept */
    ASSERT_EQ(times_asked, 2);
}

SEEDS_TEST(resolver_cancelled_at_any_moment_loses_no_answer)
{
    configure((struct coil_resolver_options){ .no_cache = true });
    source_delay = 3 * COIL_MILLISECOND;
    for (int ms = 0; ms < 6; ms++) {
        struct coil_task *a = start(resolve_host, "one.test");
        struct coil_task *b = start(resolve_host, "one.test");
        int rc;

        wait_for(ms * COIL_MILLISECOND);
        (void)coil_task_cancel(a);
        rc = end_of(a);
        ASSERT(rc == 0 || rc == -ECANCELED);
        ASSERT_EQ(end_of(b), 0);
    }
    ASSERT_EQ(coil_all_tasks(NULL, 0), 1);
}

CORE_TEST(resolver_without_memory_fails_cleanly)
{
    size_t before;
    size_t n = 0;

    do {
        int rc;

        configure((struct coil_resolver_options){ 0 });
        before = coil_test_allocations();
        coil_test_fail_allocation(++n, false);
        rc = code("one.test");
        ASSERT(rc == -ENOMEM || rc == 0);
    } while (coil_test_allocations() - before >= n);
    coil_test_fail_allocation(0, false);
    ASSERT_GT(n, 4);
    ASSERT_EQ(coil_all_tasks(NULL, 0), 1);
    ASSERT_EQ(code("one.test"), 0);
}

/* Another run begins with nothing, and its time is another one. */
static int resolve_one(void *arg)
{
    (void)arg;
    return code("one.test");
}

TEST(resolver_keeps_nothing_from_one_simulated_run_to_the_next)
{
    configure((struct coil_resolver_options){ 0 });
    ASSERT_EQ(coil_test_run(resolve_one, NULL, 0), 0);
    ASSERT_EQ(coil_test_run(resolve_one, NULL, 0), 0);
    ASSERT_EQ(times_asked, 2);
    ASSERT_EQ(coil_run(resolve_one, NULL), 0);
    ASSERT_EQ(coil_run(resolve_one, NULL), 0);
    ASSERT_EQ(times_asked, 3);
}

TEST(resolver_keeps_names_for_each_simulated_loop)
{
    const struct coil_loop_options options = { .backend =
                                                   COIL_BACKEND_SIMULATOR };
    struct coil_loop *loops[3];

    configure((struct coil_resolver_options){ 0 });
    for (int i = 0; i < 3; i++)
        ASSERT_EQ(coil_loop_new(&loops[i], &options), 0);
    for (int i = 0; i < 6; i++)
        ASSERT_EQ(coil_loop_run_until_complete(loops[i % 3], resolve_one, NULL),
                  0);
    ASSERT_EQ(times_asked, 3);
    for (int i = 0; i < 3; i++)
        ASSERT_EQ(coil_loop_close(loops[i], NULL), 0);
}
